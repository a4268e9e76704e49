"""What guarded children can be asked to do, and on which terms.

A child does one task all its life. `entry` is `MODULE:FUNCTION` under the function's folder: the module is loaded in
the child only, under the child's limits, and the function takes the payload and gives the answer, bytes to bytes. It
may die, hang or run out of memory over any payload; whatever else it has to say of a payload, it says in its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task and its terms: bytes of address space, seconds for one payload, on the clock and of CPU time."""

    entry: str
    memory: int
    seconds: float

    @property
    def cpu_seconds(self) -> int:
        """The limit of CPU time, which the kernel knows in whole seconds."""
        return max(1, round(self.seconds))


JUDGE: Final = "judge"

TASKS: Final[Mapping[str, Task]] = {
    JUDGE: Task(entry="intake.judge:answer", memory=2**30, seconds=9.0),  # and a second to end it: a verdict within ten
    "color_correction": Task(entry="kinds.color_correction.task:answer", memory=3 * 2**30, seconds=30.0),
}
