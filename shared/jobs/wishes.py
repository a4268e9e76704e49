"""What a job's owner may ask for, as pure decisions: cancel, retry, reprocess, hand over to another account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from shared.errors import FailedPrecondition
from shared.jobs.protocol import RUN_CEILING, Outcome, Verdict, end
from shared.model.job import Job, JobImage
from shared.model.states import PROGRESS, RERUN_FROM, ImageState, Stage, State

MAX_RUNS: Final = 10  # of one job: the first, and those that were asked for later

Photos = Mapping[int, int | None]  # index → generation of the object in Cloud Storage; None: there is none


def cancel(job: Job | None, *, now: datetime) -> Verdict:
    """End the job, whoever works on it: a worker learns of it at its next write. A final job stays as it is."""
    if job is None or job.delete_time is not None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    return end(job, State.CANCELLED, now)


def retry(job: Job | None, photos: Photos, *, token: str, now: datetime) -> Verdict:
    """Begin another run of a FAILED job whose photos are all there still.

    `token` names the request: one that is repeated, however late, finds that it has had its run. Raises
    FailedPrecondition JOB_NOT_FAILED, PHOTOS_GONE or RUNS_EXHAUSTED.
    """
    if job is not None and job.state is not State.FAILED and token not in job.run_tokens:
        message = f"Only a job that FAILED can be retried, and this one is {job.state}."
        raise FailedPrecondition("JOB_NOT_FAILED", message, state=job.state)
    return _rerun(job, photos, token, now)


def reprocess(job: Job | None, photos: Photos, *, token: str, now: datetime) -> Verdict:
    """Begin another run of a COMPLETED job whose photos are all there still.

    The results stay until the new run completes and replaces them. `token` is as with `retry`. Raises
    FailedPrecondition JOB_NOT_COMPLETED, PHOTOS_GONE or RUNS_EXHAUSTED.
    """
    if job is not None and job.state is not State.COMPLETED and token not in job.run_tokens:
        message = f"Only a job that is COMPLETED can be processed again, and this one is {job.state}."
        raise FailedPrecondition("JOB_NOT_COMPLETED", message, state=job.state)
    return _rerun(job, photos, token, now)


def hand_over(job: Job | None, *, giver: str, taker: str, now: datetime) -> Verdict:
    """Give the job of account `giver` to account `taker`, in whatever state it is."""
    if job is None or job.delete_time is not None or job.uid not in (giver, taker):
        return Verdict(outcome=Outcome.UNKNOWN)
    moved = replace(job, uid=taker, update_time=now) if job.uid != taker else None
    return Verdict(outcome=Outcome.HELD, job=moved)


def _rerun(job: Job | None, photos: Photos, token: str, now: datetime) -> Verdict:
    if job is None or job.delete_time is not None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if token in job.run_tokens:
        return Verdict(outcome=Outcome.QUEUED)
    assert job.state in RERUN_FROM  # noqa: S101 - checked by whoever calls this
    if job.run >= MAX_RUNS or job.attempt >= RUN_CEILING:
        raise FailedPrecondition(
            "RUNS_EXHAUSTED", "This job has been run as often as one job may. Make a new job for the photos."
        )
    images = {index: _still_there(index, image, photos) for index, image in job.images.items()}
    again = replace(
        job,
        run=job.run + 1,
        run_tokens=(*job.run_tokens, token),
        state=State.PENDING,
        stage=Stage.QUEUED,
        progress=PROGRESS[Stage.QUEUED],
        run_attempt=job.attempt,
        releases=0,
        redrive_time=None,
        queue_time=now,
        images=images,
        error=None,
        start_time=None,
        complete_time=None,
        update_time=now,
    )
    return Verdict(outcome=Outcome.QUEUED, job=again, queued_now=True)


def _still_there(index: str, image: JobImage, photos: Photos) -> JobImage:
    found = photos.get(int(index))
    if found is None or image.generation not in (None, found):
        raise FailedPrecondition(
            "PHOTOS_GONE",
            f"Photo {index} is no longer there, so the job cannot run again. Make a new job and send the photos.",
            image=index,
        )
    return replace(image, state=ImageState.ARRIVED, generation=found)
