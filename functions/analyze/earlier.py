"""What came of other jobs, as a kind may see it: only of jobs of the same owner that are COMPLETED and alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.model.job import JOB_ID
from shared.model.states import State

if TYPE_CHECKING:
    from shared.jobs.store import Claim, Jobs
    from shared.model.job import Job


class EarlierJobs:
    """The jobs of the owner of a claimed job, who may have become another since it was claimed."""

    def __init__(self, jobs: Jobs, claim: Claim) -> None:
        self._jobs = jobs
        self._claim = claim

    def report(self, job_id: str, name: str) -> Mapping[str, Any] | None:
        """See `kinds.port.Earlier`. `name` is the kind's own word, never a client's."""
        job = self._jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
        if job is None or job.state is not State.COMPLETED or not job.alive(self._jobs.clock()):
            return None
        if not self._has_same_owner(job):
            return None
        return self._jobs.database.read(f"jobs/{job_id}/reports/{name}")

    def _has_same_owner(self, job: Job) -> bool:
        if job.uid == self._claim.job.uid:
            return True
        own = self._jobs.get(self._claim.job_id)
        return own is not None and own.uid == job.uid
