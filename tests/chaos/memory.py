"""Documents in memory, with which nothing goes wrong."""

from __future__ import annotations

from collections.abc import Mapping

from shared.database import Fields
from tools.chaos.database import ModelDatabase
from tools.chaos.fate import Fate
from tools.chaos.profiles import CALM


class Unwatched:
    """Takes every commit as it comes."""

    def committed(self, changes: Mapping[str, tuple[Fields | None, Fields | None]]) -> None:
        """See `tools.chaos.database.Witness`."""


def documents() -> ModelDatabase:
    """A database in which nothing goes wrong."""
    return ModelDatabase(Fate(0), CALM, Unwatched(), meanwhile=lambda: None, away=lambda: False)
