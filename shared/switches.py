"""Kill switches: an operator turns a kind or a provider off in `control/switches`, everywhere within ten seconds.

The bill does, too: while the month's budget is used up, `overBudget` turns every provider off that is paid for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec

from shared.database import Database
from shared.documents import from_document

if TYPE_CHECKING:
    from collections.abc import Callable


PLACE: Final = "control/switches"
REMEMBERED: Final = 10.0  # seconds


class Switches(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is turned off. Everything that is not named is on."""

    kinds: dict[str, bool] = {}
    providers: dict[str, bool] = {}
    over_budget: bool = False

    def kind(self, name: str) -> bool:
        """Whether jobs of this kind are taken."""
        return self.kinds.get(name, True)

    def provider(self, name: str) -> bool:
        """Whether this provider may be called."""
        return not self.over_budget and self.providers.get(name, True)


class SwitchBoard:
    """The switches as they were read at most ten seconds ago; `clock` counts seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._read_at: float | None = None
        self._switches = Switches()

    def now(self) -> Switches:
        """The switches. Raises google.api_core.exceptions.RetryError where Firestore does not answer."""
        if self._read_at is None or self._clock() - self._read_at > REMEMBERED:
            fields = self._database.read(PLACE)
            self._switches = from_document(fields, Switches) if fields else Switches()
            self._read_at = self._clock()
        return self._switches
