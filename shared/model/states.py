"""States of a job and the only ways between them, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a run of a job stands. The last three are final."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def terminal(self) -> bool:
        """True where nothing can follow."""
        return not NEXT[self]


class Stage(StrEnum):
    """Where inside a state a job is: what a person is shown while waiting."""

    AWAITING_UPLOAD = "awaiting_upload"
    QUEUED = "queued"
    READING = "reading"
    CHECKING = "checking"
    ANALYZING = "analyzing"
    REPORTING = "reporting"
    DONE = "done"


class ChargeState(StrEnum):
    """How far a paid call of the worker in hand has come."""

    RESERVED = "RESERVED"  # its price is set aside; it has not been made
    CALLED = "CALLED"  # it is being made, and may be billed from here on
    ANSWERED = "ANSWERED"  # it was made


class Purge(StrEnum):
    """How far the removal of a deleted job has come."""

    PENDING = "PENDING"  # nothing but the tombstone is certain
    SETTLING = "SETTLING"  # everything was removed; a worker that still runs may leave something behind
    DONE = "DONE"  # removed once more, after the last such worker


class ImageState(StrEnum):
    """Where one photo of a job stands."""

    AWAITED = "AWAITED"
    ARRIVED = "ARRIVED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.PENDING: frozenset({State.PROCESSING, State.FAILED, State.CANCELLED}),
    # PROCESSING → PROCESSING: a worker whose predecessor's lease ran out takes over with a higher attempt.
    State.PROCESSING: frozenset({State.PROCESSING, State.COMPLETED, State.FAILED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

# What another run of a job may follow: the owner asks for it, and the job is PENDING again with the next run number.
RERUN_FROM: Final[frozenset[State]] = frozenset({State.COMPLETED, State.FAILED})

# Within a run, the rank never decreases; (run, rank) never decreases at all.
RANK: Final[Mapping[State, int]] = {
    State.PENDING: 0,
    State.PROCESSING: 1,
    State.COMPLETED: 2,
    State.FAILED: 2,
    State.CANCELLED: 2,
}

# How far along a job is when it enters a stage, 0 to 1. It never decreases within an attempt.
PROGRESS: Final[Mapping[Stage, float]] = {
    Stage.AWAITING_UPLOAD: 0.0,
    Stage.QUEUED: 0.1,
    Stage.READING: 0.2,
    Stage.CHECKING: 0.35,
    Stage.ANALYZING: 0.6,
    Stage.REPORTING: 0.9,
    Stage.DONE: 1.0,
}


def can_follow(now: State, then: State) -> bool:
    """Whether a job in state `now` may be put into state `then`."""
    return then in NEXT[now]
