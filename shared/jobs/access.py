"""Whose job it is: to a stranger, a job that is not his does not exist."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.errors import NotFound
from shared.model.job import JOB_ID, Job

if TYPE_CHECKING:
    from shared.jobs.store import Jobs


def owned_job(jobs: Jobs, job_id: str, *, uid: str, at: datetime | None) -> Job:
    """The job, if `uid` owns it and it is alive (`Job.alive`) `at` that time; None asks for no life.

    Raises NotFound JOB_NOT_FOUND otherwise. A deleted job names its owner until everything of it is gone.
    """
    job = jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or job.uid != uid or not (at is None or job.alive(at)):
        raise job_not_found(job_id)
    return job


def job_not_found(job_id: str) -> NotFound:
    """What a stranger is told, and everybody where there is nothing."""
    return NotFound(
        "JOB_NOT_FOUND",
        "You have no such job: it was never made, it has been deleted, or it is another user's.",
        job=job_id,
    )
