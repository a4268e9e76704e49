"""A model of Cloud Vision: what was called, what was billed, and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from tools.chaos.fate import Crash

if TYPE_CHECKING:
    from tools.chaos.world import World

PRICES: Final = {"TEXT": 1500, "COLORS": 1000}  # micro-dollars


class Answer(msgspec.Struct, frozen=True):
    """What a call came to: `text` None where it failed, and whether the service said that it is not billed."""

    text: bytes | None
    refused: bool = False
    broken: bool = False  # an error inside an answer of 200


BILLED: Final = frozenset({"", "timeout, billed", "error in the answer", "answered, crash"})
ANSWERS: Final = {
    "": Answer(b"seen"),
    "error in the answer": Answer(b"half", broken=True),
    "refused": Answer(None, refused=True),
    "unavailable": Answer(None),
    "timeout, billed": Answer(None),
    "timeout, not billed": Answer(None),
}


class Vision:
    """Counts what it would put on the bill."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.billed: Counter[tuple[str, str, str]] = Counter()  # job, call, feature
        self.kept: Counter[tuple[str, str]] = Counter()  # job, call: how often a worker kept an answer

    def annotate(self, job_id: str, call: str, features: Sequence[str]) -> Answer:
        """One request with all features. Raises Crash after it was billed."""
        fault = self._world.fate.pick(self._world.profile.vision)
        if fault in BILLED:
            self.billed.update((job_id, call, feature) for feature in features)
        self._world.note(f"Vision is called: {fault or 'answers'}")
        if fault == "answered, crash":
            raise Crash
        return ANSWERS[fault]
