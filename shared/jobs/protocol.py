"""The job protocol as pure decisions: a job, what happened, and the time give the job's next value.

Nothing here reads a clock, a network or a random number. Each decision is safe when the write that carries it is lost
(the job is as before and the delivery comes again), repeated (the second finds its own mark) or applied without an
answer (the next reading finds it done).

The fence is `Job.attempt`: only a claim raises it, and every later decision of a worker is refused once it has moved.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeGuard

import msgspec
from msgspec.structs import replace

from shared.model.job import Failure, Job, JobImage, Warned
from shared.model.states import PROGRESS, ImageState, Stage, State, can_follow

LEASE: Final = timedelta(seconds=120)  # app 60 s < function 90 s < ack deadline 120 s = lease
CLOCK_SKEW: Final = timedelta(seconds=10)  # clocks of two workers may differ by this much
MAX_ATTEMPTS: Final = 5  # that crashed, were lost, or met a defect
MAX_CLAIMS: Final = 15  # with those that a passing failure ended; fewer than a delivery is tried before it is dead


class Outcome(StrEnum):
    """What a decision came to."""

    RECORDED = "recorded"  # the arrival is noted; other photos are awaited
    CLAIMED = "claimed"  # this worker holds the job now
    HELD = "held"  # this worker still holds the job and may go on
    BUSY = "busy"  # another worker holds a live lease: try later
    FENCED = "fenced"  # another worker has taken over: stop, and let the delivery come again
    ENDED = "ended"  # the job is final, by this decision or an earlier one
    UNKNOWN = "unknown"  # there is no such job, photo or generation


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: what it came to, and the job as it shall be written (None: nothing to write)."""

    outcome: Outcome
    job: Job | None = None
    ended_now: bool = False  # this very decision made the job final: its effects go into the outbox


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded object: the identity of work is bucket, object and generation, never a message's id."""

    bucket: str
    name: str
    generation: int
    size: int
    content_type: str


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What an analysis came to, for the job document; details go into subcollections."""

    summary: dict[str, Any]
    warnings: tuple[Warned, ...] = ()
    degraded: tuple[Warned, ...] = ()
    cost: dict[str, int] = {}
    provenance: dict[str, str] = {}


def arrive(job: Job | None, index: int, generation: int, *, owner: str, now: datetime, lease: timedelta) -> Verdict:
    """A delivery says that photo `index` has been uploaded; the one that completes the set claims the job.

    `owner` names this delivery's handling and must be new for each.
    """
    image = job.images.get(str(index)) if job else None
    if job is None or image is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    if image.generation not in (None, generation):
        return Verdict(outcome=Outcome.UNKNOWN)
    recorded = _record(job, index, image, generation, now)
    if not recorded.complete_set:
        return Verdict(outcome=Outcome.RECORDED, job=recorded if recorded is not job else None)
    return claim(recorded, owner=owner, now=now, lease=lease)


def claim(job: Job, *, owner: str, now: datetime, lease: timedelta) -> Verdict:
    """Take the job: a lease until `now + lease` and the next attempt number. All photos must have arrived."""
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    if job.state is State.PROCESSING and job.lease_owner == owner:
        return Verdict(outcome=Outcome.CLAIMED, job=None)
    if job.lease_expire_time is not None and job.lease_expire_time + CLOCK_SKEW > now:
        return Verdict(outcome=Outcome.BUSY)
    if job.attempt - job.releases >= MAX_ATTEMPTS or job.attempt >= MAX_CLAIMS:
        failure = Failure(
            status="INTERNAL",
            reason="ATTEMPTS_EXHAUSTED",
            message=f"The analysis was started {job.attempt} times and never came to an end. Send the photos again; "
            "if it happens again, report the job's id.",
        )
        return _end(job, State.FAILED, now, error=failure)
    claimed = replace(
        job,
        state=_follow(job, State.PROCESSING),
        stage=Stage.READING,
        progress=PROGRESS[Stage.READING],
        attempt=job.attempt + 1,
        lease_owner=owner,
        lease_expire_time=now + lease,
        start_time=job.start_time or now,
        update_time=now,
    )
    return Verdict(outcome=Outcome.CLAIMED, job=claimed)


def advance(job: Job | None, fence: int, stage: Stage, *, now: datetime, lease: timedelta) -> Verdict:
    """The worker of attempt `fence` enters a stage; its lease begins anew."""
    if not _holds(job, fence):
        return _lost(job)
    moved = replace(job, stage=stage, progress=PROGRESS[stage], lease_expire_time=now + lease, update_time=now)
    return Verdict(outcome=Outcome.HELD, job=moved)


def release(job: Job | None, fence: int, *, now: datetime, passing: bool) -> Verdict:
    """The worker of attempt `fence` gives up for now, so that the next delivery need not wait for the lease.

    `passing`: something Loupe depends on did not answer. Such an attempt is not held against the job.
    """
    if not _holds(job, fence):
        return _lost(job)
    if job.lease_owner is None:  # this very release was applied, and its answer lost
        return Verdict(outcome=Outcome.HELD)
    free = replace(
        job,
        stage=Stage.QUEUED,
        progress=PROGRESS[Stage.QUEUED],
        lease_owner=None,
        lease_expire_time=None,
        releases=job.releases + passing,
        update_time=now,
    )
    return Verdict(outcome=Outcome.HELD, job=free)


def complete(job: Job | None, fence: int, completion: Completion, *, now: datetime) -> Verdict:
    """The worker of attempt `fence` has the result."""
    if not _holds(job, fence):
        return _lost(job)
    images = {index: replace(image, state=ImageState.ACCEPTED) for index, image in job.images.items()}
    return _end(
        job,
        State.COMPLETED,
        now,
        images=images,
        summary=completion.summary,
        warnings=completion.warnings,
        degraded=completion.degraded,
        cost=completion.cost,
        provenance=completion.provenance,
    )


def fail(job: Job | None, fence: int, failure: Failure, *, now: datetime) -> Verdict:
    """The worker of attempt `fence` has found that this job can never succeed."""
    if not _holds(job, fence):
        return _lost(job)
    images = dict(job.images)
    if failure.image is not None:
        index = str(failure.image)
        images[index] = replace(images[index], state=ImageState.REJECTED)
    return _end(job, State.FAILED, now, images=images, error=failure)


def _record(job: Job, index: int, image: JobImage, generation: int, now: datetime) -> Job:
    if image.generation == generation:
        return job
    arrived = replace(image, state=ImageState.ARRIVED, generation=generation)
    images = {**job.images, str(index): arrived}
    return replace(job, images=images, update_time=now)


def _holds(job: Job | None, fence: int) -> TypeGuard[Job]:
    return job is not None and job.state is State.PROCESSING and job.attempt == fence


def _lost(job: Job | None) -> Verdict:
    if job is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    return Verdict(outcome=Outcome.ENDED if job.state.terminal else Outcome.FENCED)


def _follow(job: Job, then: State) -> State:
    if not can_follow(job.state, then):
        raise ValueError(f"a job cannot go from {job.state} to {then}")
    return then


def _end(job: Job, state: State, now: datetime, **changes: Any) -> Verdict:
    ended = replace(
        job,
        state=_follow(job, state),
        stage=Stage.DONE,
        progress=1.0,
        lease_owner=None,
        lease_expire_time=None,
        complete_time=now,
        update_time=now,
        **changes,
    )
    return Verdict(outcome=Outcome.ENDED, job=ended, ended_now=True)
