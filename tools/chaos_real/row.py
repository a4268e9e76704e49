"""A row of the fault matrix: what goes wrong, how that is brought about here, how often, and what has to hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from tools.chaos_real.scene import Scene

INVARIANTS: Final = {
    "I1": "No job is lost: each ends, as COMPLETED, CANCELLED, or FAILED with a reason that there was.",
    "I2": "One attempt wins: a run ends once, and its result is one attempt's, the whole of it.",
    "I3": "Nothing goes backwards: neither the run, nor the rank of the state within it.",
    "I4": "Every end is announced at least once, always under the same id and in the same words, and nothing else is.",
    "I5": "Nobody sees or changes what is another's; to a stranger it does not exist.",
    "I6": "The ledger is right: what was reserved is settled or refunded, and no answer is paid for twice.",
    "I7": "What was deleted is gone: documents, answers, rows, objects; and nothing comes back.",
    "I8": "Memory and time are bounded, and the worker survives.",
    "I9": "A result is of the very object that the job names.",
    "I10": "At rest there is no lease, no unsent row, no open charge and no object without its job.",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row.

    Attributes:
        number: as in the matrix, 1 to 28.
        fault: what goes wrong.
        how: how it is brought about on one machine.
        holds: the invariants that the row is about. All of them are checked in every row.
        play: does it, for so many runs, and says so to the scene; None where it cannot be done here.
        runs: how many runs `make chaos-real` has; a run is a job, a request, or a fault, as `how` says.
        quick: how many the slice in `make test` has; 0: it has none of this row.
        stack: the name of the setting (`tools.chaos_real.setting`) that it needs.
        injects: whether faults are counted; rows that send what is wrong themselves have none.
        failures: the reasons with which a job of this row may fail.
        not_here: why it cannot be done here.
    """

    number: int
    fault: str
    how: str
    holds: tuple[str, ...]
    play: Callable[[Scene, int], None] | None = None
    runs: int = 0
    quick: int = 0
    stack: str = "plain"
    injects: bool = True
    failures: tuple[str, ...] = ()
    not_here: str = ""
