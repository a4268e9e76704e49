"""What the sweep does about a job that has stopped moving, and what becomes of a dead-lettered one: pure decisions.

The sweep is what makes "no lost job" true where no delivery comes: notifications get lost, deliveries are used up,
photos are never sent. It looks at every job that is not final (`state` PENDING or PROCESSING) and at every tombstone
that is not purged (`purge` PENDING or SETTLING). A job that stands still is delivered again once; if it does not move
even then, it fails with a reason. A decision that comes too early (clocks differ) costs a delivery that finds nothing
to do; one that is taken twice finds its own mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from shared.jobs import tombstone
from shared.jobs.protocol import Outcome, Verdict, end, leased
from shared.jobs.wishes import Photos
from shared.model.job import Failure, Job
from shared.model.states import State


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the sweep waits: for a first delivery, for uploads, for a second delivery, and to purge once more."""

    silence: timedelta = timedelta(minutes=2)
    uploads: timedelta = timedelta(hours=24)
    stalled: timedelta = timedelta(minutes=30)
    settle: timedelta = tombstone.SETTLE


PATIENCE: Final = Patience()

EXPIRED: Final = Failure(
    status="FAILED_PRECONDITION",
    reason="UPLOAD_EXPIRED",
    message="The photos were not all sent in time. Make a new job and send them.",
)
STALLED: Final = Failure(
    status="UNAVAILABLE",
    reason="STALLED",
    message="The analysis did not begin or did not go on, even when it was started again. Retry it.",
)
UNDELIVERABLE: Final = Failure(
    status="UNAVAILABLE",
    reason="DELIVERY_EXHAUSTED",
    message="The analysis was tried as often as deliveries are, and something it needs never answered. Retry it.",
)


class Step(StrEnum):
    """What has to be done about a job."""

    WAIT = "wait"
    DELIVER = "deliver"  # publish notifications of `Action.deliver` to the topic of the uploads
    FAIL = "fail"  # nothing more: the verdict says it all
    PURGE = "purge"  # remove what is left of a deleted job


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What Cloud Storage says of the photos of a job. Only asked for where `curious` says so."""

    photos: Photos = {}


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """The sweep's decision: what to do, how the job is to be written first, and which photos to deliver.

    `deliver` holds pairs of a photo's index and its generation.
    """

    step: Step
    verdict: Verdict = Verdict(outcome=Outcome.HELD)
    deliver: tuple[tuple[int, int], ...] = ()


WAIT: Final = Action(step=Step.WAIT)


def curious(job: Job, now: datetime, patience: Patience = PATIENCE) -> bool:
    """Whether the decision depends on what is in Cloud Storage."""
    return _still(job, now, patience) and not job.complete_set


def due(job: Job, now: datetime, patience: Patience = PATIENCE) -> bool:
    """Whether a decision other than to wait is possible, whatever is in Cloud Storage."""
    return tombstone.due(job, now, settle=patience.settle) or _still(job, now, patience)


def decide(job: Job | None, facts: Facts, now: datetime, patience: Patience = PATIENCE) -> Action:
    """What has to be done about the job now."""
    if job is None:
        return WAIT
    if job.delete_time is not None:
        return Action(step=Step.PURGE) if tombstone.due(job, now, settle=patience.settle) else WAIT
    return _move(job, facts, now, patience) if _still(job, now, patience) else WAIT


def dead_letter(job: Job | None, *, now: datetime, published: datetime | None = None) -> Verdict:
    """A delivery of the job was given up by Pub/Sub: the job fails, unless it is final or a worker is at it.

    If that worker comes to nothing too, the sweep takes care of the job. A message that was `published` before a later
    run of the job last moved is of an earlier run, which it has ended already; it says nothing about this one.
    """
    if job is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.state.terminal:
        return Verdict(outcome=Outcome.ENDED)
    if leased(job, now):
        return Verdict(outcome=Outcome.BUSY)
    if job.run > 1 and published is not None and published < job.update_time:
        return Verdict(outcome=Outcome.QUEUED)
    return end(job, State.FAILED, now, error=UNDELIVERABLE)


def _move(job: Job, facts: Facts, now: datetime, patience: Patience) -> Action:
    awaited = [index for index, image in job.images.items() if image.generation is None]
    missing = [index for index in awaited if facts.photos.get(int(index)) is None]
    if missing and now >= job.create_time + patience.uploads:
        return _failed(job, EXPIRED, now)
    ready = tuple(_ready(job, facts, awaited))
    if not ready:
        return WAIT
    if job.redrive_time is None:
        noted = replace(job, redrive_time=now)
        return Action(step=Step.DELIVER, verdict=Verdict(outcome=Outcome.QUEUED, job=noted), deliver=ready)
    return _failed(job, STALLED, now) if now >= job.redrive_time + patience.stalled else WAIT


def _still(job: Job, now: datetime, patience: Patience) -> bool:
    """Whether a job that is not final has not moved for a while."""
    if job.state.terminal or leased(job, now):
        return False
    return now >= max(job.update_time, job.lease_expire_time or job.update_time) + patience.silence


def _ready(job: Job, facts: Facts, awaited: list[str]) -> Iterator[tuple[int, int]]:
    """The photos to deliver: those that are there and were never heard of, or any one where all have arrived."""
    for index in awaited or list(job.images)[:1]:
        generation = facts.photos.get(int(index)) if awaited else job.images[index].generation
        if generation is not None:
            yield int(index), generation


def _failed(job: Job, failure: Failure, now: datetime) -> Action:
    return Action(step=Step.FAIL, verdict=end(job, State.FAILED, now, error=failure))
