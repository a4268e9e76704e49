"""A day in numbers, as it is kept in `analytics/{day}`. No job, user or file is named in it."""

from __future__ import annotations

from typing import Final

import msgspec

from shared.model.job import SCHEMA_VERSION, Time

COLLECTION: Final = "analytics"


class Day(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many jobs that were made on a UTC day, by kind, state and reason (`none` without one), and what was paid.

    Until it is `complete`, `stage`, `after` and `after_time` say how far the counting has come.
    """

    jobs: dict[str, dict[str, dict[str, int]]] = {}
    cost_micro_usd: dict[str, int] = {}  # by feature, in millionths of a US dollar
    complete: bool = False
    stage: int = 0
    after: str = ""
    after_time: Time | None = None
    schema_version: int = SCHEMA_VERSION


def path_of(day: str) -> str:
    """The document of a day, `YYYY-MM-DD`."""
    return f"{COLLECTION}/{day}"
