"""What is to befall one call, as its service is told: the edge takes the steps, and the service does the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from localcloud.faults.effects import Corrupt, Truncate

Gone = Callable[[], Coroutine[Any, Any, object]]  # returns when the caller does not wait any more
Step = Callable[[Gone | None], Awaitable[None]]


@dataclass(kw_only=True, slots=True)
class Decision:
    """Nothing, unless rules add to it.

    Attributes:
        before: steps before the effect of the call; each may raise Fault.
        after: steps after it, before the caller is told.
        cut_after: of a stream: one of the steps after it ends it, so nothing may follow its first answer.
        request: what is done to the body of the request.
        answer: what is done to the body of the answer.
        malformed: the answer cannot be read.
        copies: how often a message is sent besides.
        new_ids: each copy has a message id of its own.
    """

    before: list[Step] = field(default_factory=list)
    after: list[Step] = field(default_factory=list)
    cut_after: bool = False
    request: Truncate | Corrupt | None = None
    answer: Truncate | Corrupt | None = None
    malformed: bool = False
    copies: int = 0
    new_ids: bool = False

    def twins(self) -> Sequence[int]:
        """One number for each time that a message is sent: 0 for it itself, other numbers for copies with other ids."""
        return range(1 + self.copies) if self.new_ids else [0] * (1 + self.copies)


UNTOUCHED: Final = Decision()


def twin_id(message_id: str, number: int) -> str:
    """The message id of a copy; of number 0 the id itself."""
    return f"{message_id}{number}" if number else message_id
