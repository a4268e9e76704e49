"""The job protocol as pure decisions: a job, what happened, and the time give the job's next value.

Here is what deliveries and workers do; what an owner may ask for is in `shared.jobs.wishes`, what the sweep decides in
`shared.jobs.sweep`, how a job is buried in `shared.jobs.tombstone`. Nothing here reads a clock, a network or a random
number. Each decision is safe when the write that carries it is lost (the job is as before and the delivery comes
again), repeated (the second finds its own mark) or applied without an answer (the next reading finds it done).

The fence is `Job.attempt`: only a claim raises it, it is never set back, and every later decision of a worker is
refused once it has moved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeGuard

import msgspec
from msgspec.structs import replace

from shared.jobs import charges
from shared.model.job import Failure, Job, JobImage, Warned
from shared.model.states import PROGRESS, ChargeState, ImageState, Stage, State, can_follow

LEASE: Final = timedelta(seconds=120)  # app 60 s < function 90 s < ack deadline 120 s = lease
CLOCK_SKEW: Final = timedelta(seconds=10)  # clocks of two workers may differ by this much
MAX_ATTEMPTS: Final = 5  # of one run, that crashed, were lost, or met a defect
MAX_CLAIMS: Final = 15  # of one run, with those that a passing failure ended; fewer than a delivery is tried
RUN_CEILING: Final = 40  # claims of one set of photos, ever: whatever goes round in circles stops here

CEILING: Final = Failure(
    status="INTERNAL",
    reason="RUN_CEILING",
    message=f"These photos have been worked on {RUN_CEILING} times, which is all they get. Make a new job for them, "
    "and report this job's id.",
)


class Outcome(StrEnum):
    """What a decision came to."""

    RECORDED = "recorded"  # the arrival is noted; other photos are awaited
    CLAIMED = "claimed"  # this worker holds the job now
    HELD = "held"  # this worker still holds the job and may go on
    BUSY = "busy"  # another worker holds a live lease: try later
    FENCED = "fenced"  # another worker has taken over: stop, and let the delivery come again
    ENDED = "ended"  # the job is final, by this decision or an earlier one
    QUEUED = "queued"  # the job waits for a worker, by this decision or an earlier one
    UNKNOWN = "unknown"  # there is no such job, photo or generation


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: what it came to, and the job as it shall be written (None: nothing to write).

    Of what is written with the job: `ended_now` announces its end and `queued_now` has it delivered, both through the
    outbox; `closed` are the charges to settle.
    """

    outcome: Outcome
    job: Job | None = None
    ended_now: bool = False
    queued_now: bool = False
    closed: tuple[charges.Closed, ...] = ()


class Lost(Exception):
    """A worker no longer holds its job; `outcome` says whether it is FENCED, ENDED or UNKNOWN."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded object: the identity of work is bucket, object and generation, never a message's id.

    `time` is when it was there (UTC), `trace` the W3C traceparent of the request that asked for it; for logs only.
    """

    bucket: str
    name: str
    generation: int
    size: int
    content_type: str
    time: datetime | None = None
    trace: str = ""


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What an analysis came to, for the job document; details go into subcollections."""

    summary: dict[str, Any]
    warnings: tuple[Warned, ...] = ()
    degraded: tuple[Warned, ...] = ()
    provenance: dict[str, str] = {}


def arrive(
    job: Job | None,
    index: int,
    generation: int,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    since: datetime | None = None,
) -> Verdict:
    """A delivery says that photo `index` has been uploaded; the one that completes the set claims the job.

    `owner` names this delivery's handling and must be new for each. `since` is when the photo was there, if known.
    """
    if job is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    image = job.images.get(str(index))
    if image is None or image.generation not in (None, generation):
        return Verdict(outcome=Outcome.UNKNOWN)
    recorded = _record(job, index, image, generation, now, since)
    if not recorded.complete_set:
        return Verdict(outcome=Outcome.RECORDED, job=recorded if recorded is not job else None)
    return claim(recorded, owner=owner, now=now, lease=lease)


def claim(job: Job, *, owner: str, now: datetime, lease: timedelta) -> Verdict:
    """Take the job: a lease until `now + lease` and the next attempt number. All photos must have arrived.

    What the worker before left open is closed. Attempts that a passing failure ended are not held against the job.
    """
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    if job.state is State.PROCESSING and job.lease_owner == owner:
        return Verdict(outcome=Outcome.CLAIMED, job=None)
    if leased(job, now):
        return Verdict(outcome=Outcome.BUSY)
    if job.attempt >= RUN_CEILING:
        return end(job, State.FAILED, now, error=CEILING)
    tries = job.attempt - job.run_attempt
    if tries - job.releases >= MAX_ATTEMPTS or tries >= MAX_CLAIMS:
        return end(job, State.FAILED, now, error=_exhausted(tries))
    clear, closed = charges.close(job, known=False)
    claimed = replace(
        clear,
        state=follow(job, State.PROCESSING),
        stage=Stage.READING,
        progress=PROGRESS[Stage.READING],
        attempt=job.attempt + 1,
        redrive_time=None,
        lease_owner=owner,
        lease_expire_time=now + lease,
        start_time=job.start_time or now,
        update_time=now,
    )
    return Verdict(outcome=Outcome.CLAIMED, job=claimed, closed=closed)


def advance(job: Job | None, fence: int, stage: Stage, *, now: datetime, lease: timedelta) -> Verdict:
    """The worker of attempt `fence` enters a stage; its lease begins anew."""
    if not holds(job, fence):
        return lost(job)
    return _held(job, now, lease, stage=stage, progress=PROGRESS[stage])


def renew(job: Job | None, fence: int, *, now: datetime, lease: timedelta) -> Verdict:
    """The worker of attempt `fence` is still at it; its lease begins anew."""
    return _held(job, now, lease) if holds(job, fence) else lost(job)


def reserve(
    job: Job | None, fence: int, call: str, prices: Mapping[str, int], *, now: datetime, lease: timedelta
) -> Verdict:
    """The worker of attempt `fence` has had `prices` (micro-dollars by feature) set aside for one paid call."""
    if not holds(job, fence):
        return lost(job)
    added = charges.reserved(job, call, prices, now=now)
    return _held(job, now, lease, charges={**job.charges, **added}) if added else Verdict(outcome=Outcome.HELD)


def mark(
    job: Job | None, fence: int, names: Collection[str], state: ChargeState, *, now: datetime, lease: timedelta
) -> Verdict:
    """The worker of attempt `fence` is about to make the calls `names`, or has their answer."""
    if not holds(job, fence):
        return lost(job)
    return _held(job, now, lease, charges=charges.marked(job, names, state))


def release(job: Job | None, fence: int, *, passing: bool, refused: Collection[str] = (), now: datetime) -> Verdict:
    """The worker of attempt `fence` gives up for now, so that the next delivery need not wait for the lease.

    `passing`: something Loupe depends on did not answer. Such an attempt is not held against the job.
    """
    if not holds(job, fence):
        return lost(job)
    if job.lease_owner is None:  # this very release was applied, and its answer lost
        return Verdict(outcome=Outcome.HELD)
    clear, closed = charges.close(job, refused=refused, known=True)
    free = replace(
        clear,
        stage=Stage.QUEUED,
        progress=PROGRESS[Stage.QUEUED],
        releases=job.releases + passing,
        lease_owner=None,
        lease_expire_time=None,
        update_time=now,
    )
    return Verdict(outcome=Outcome.HELD, job=free, closed=closed)


def complete(
    job: Job | None, fence: int, completion: Completion, *, refused: Collection[str] = (), now: datetime
) -> Verdict:
    """The worker of attempt `fence` has the result. `refused`: names of paid calls that were surely not billed."""
    if not holds(job, fence):
        return lost(job)
    return end(
        job,
        State.COMPLETED,
        now,
        known=True,
        refused=refused,
        images={index: replace(image, state=ImageState.ACCEPTED) for index, image in job.images.items()},
        summary=completion.summary,
        warnings=completion.warnings,
        degraded=completion.degraded,
        provenance=completion.provenance,
    )


def fail(job: Job | None, fence: int, failure: Failure, *, refused: Collection[str] = (), now: datetime) -> Verdict:
    """The worker of attempt `fence` has found that this job can never succeed."""
    if not holds(job, fence):
        return lost(job)
    images = dict(job.images)
    if failure.image is not None:
        index = str(failure.image)
        images[index] = replace(images[index], state=ImageState.REJECTED)
    return end(job, State.FAILED, now, known=True, refused=refused, images=images, error=failure)


def holds(job: Job | None, fence: int) -> TypeGuard[Job]:
    """Whether the worker of attempt `fence` still has the job. Every decision of a worker asks this first."""
    return job is not None and job.state is State.PROCESSING and job.attempt == fence


def leased(job: Job, now: datetime) -> bool:
    """Whether somebody's lease may still be alive, by a clock that differs from his by at most CLOCK_SKEW."""
    return job.lease_expire_time is not None and job.lease_expire_time + CLOCK_SKEW > now


def lost(job: Job | None) -> Verdict:
    """What a worker is told that does not hold the job."""
    if job is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    return Verdict(outcome=Outcome.ENDED if job.state.terminal else Outcome.FENCED)


def follow(job: Job, then: State) -> State:
    """`then`, if it may follow. Raises ValueError: a defect of the caller."""
    if not can_follow(job.state, then):
        raise ValueError(f"a job cannot go from {job.state} to {then}")
    return then


def end(
    job: Job, state: State, now: datetime, *, known: bool = False, refused: Collection[str] = (), **changes: Any
) -> Verdict:
    """The job in a final state, without lease and open charges, and what its end brings with it."""
    clear, closed = charges.close(job, refused=refused, known=known)
    ended = replace(
        clear,
        state=follow(job, state),
        stage=Stage.DONE,
        progress=1.0,
        lease_owner=None,
        lease_expire_time=None,
        complete_time=now,
        update_time=now,
        **changes,
    )
    return Verdict(outcome=Outcome.ENDED, job=ended, ended_now=True, closed=closed)


def _exhausted(tries: int) -> Failure:
    return Failure(
        status="INTERNAL",
        reason="ATTEMPTS_EXHAUSTED",
        message=f"The analysis was started {tries} times and never came to an end. Send the photos again; "
        "if it happens again, report the job's id.",
    )


def _record(job: Job, index: int, image: JobImage, generation: int, now: datetime, since: datetime | None) -> Job:
    if image.generation == generation:
        return job
    arrived = replace(image, state=ImageState.ARRIVED, generation=generation)
    images = {**job.images, str(index): arrived}
    queued = max(filter(None, (job.queue_time, since or now)))
    return replace(job, images=images, redrive_time=None, queue_time=queued, update_time=now)


def _held(job: Job, now: datetime, lease: timedelta, **changes: Any) -> Verdict:
    return Verdict(outcome=Outcome.HELD, job=replace(job, lease_expire_time=now + lease, update_time=now, **changes))
