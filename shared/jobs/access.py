"""Whose job it is: to a stranger, a job that is not his does not exist."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.errors import NotFound
from shared.model.job import JOB_ID, Job

if TYPE_CHECKING:
    from shared.jobs.store import Jobs


def owned_job(jobs: Jobs, job_id: str, *, uid: str, at: datetime) -> Job:
    """The job, if `uid` owns it and it is alive (`Job.alive`). Raises NotFound JOB_NOT_FOUND otherwise."""
    job = jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or job.uid != uid or not job.alive(at):
        raise NotFound(
            "JOB_NOT_FOUND",
            "You have no such job: it was never made, it has been deleted, or it is another user's.",
            job=job_id,
        )
    return job
