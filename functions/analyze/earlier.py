"""What came of other jobs, as a kind may see it: only of jobs of the same owner that are COMPLETED and alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.model.job import JOB_ID
from shared.model.states import State

if TYPE_CHECKING:
    from shared.jobs.store import Jobs


class EarlierJobs:
    """The jobs of one owner."""

    def __init__(self, jobs: Jobs, uid: str) -> None:
        self._jobs = jobs
        self._uid = uid

    def report(self, job_id: str, name: str) -> Mapping[str, Any] | None:
        """See `kinds.port.Earlier`. `name` is the kind's own word, never a client's."""
        job = self._jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
        if job is None or job.uid != self._uid or job.state is not State.COMPLETED:
            return None
        if not job.alive(self._jobs.clock()):
            return None
        return self._jobs.database.read(f"jobs/{job_id}/reports/{name}")
