"""Times as Cloud Storage has them: microseconds since 1970, which generations are too, and their RFC 3339 text."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def rfc3339(microseconds: int) -> str:
    """Say `2026-11-03T10:00:00.123Z`."""
    return (
        f"{datetime.fromtimestamp(microseconds // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{microseconds // 1000 % 1000:03}Z"
    )


def rfc3339_fine(microseconds: int) -> str:
    """The same with microseconds, as in the attributes of notifications."""
    return f"{datetime.fromtimestamp(microseconds // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000:06}Z"


def http_date(microseconds: int) -> str:
    """Say `Tue, 03 Nov 2026 10:00:00 GMT`."""
    return format_datetime(datetime.fromtimestamp(microseconds // 1_000_000, UTC), usegmt=True)
