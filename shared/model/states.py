"""States of a job and the only ways between them, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a job stands. The last three are final."""

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
