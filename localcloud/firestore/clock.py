"""Time as Firestore counts it: whole microseconds since 1970, and commit times that only ever grow."""

from __future__ import annotations

import time
from collections.abc import Callable

from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Timestamp

MICROSECONDS = 1_000_000

# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z
_EARLIEST_SECOND = -62_135_596_800
_LATEST_SECOND = 253_402_300_799


def timestamp(microseconds: int) -> Timestamp:
    """The protobuf form of a time."""
    seconds, rest = divmod(microseconds, MICROSECONDS)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def microseconds(moment: Timestamp) -> int:
    """The time in a protobuf timestamp; what is finer than a microsecond is cut off."""
    return int(moment.seconds) * MICROSECONDS + int(moment.nanos) // 1000


def exact_microseconds(moment: Timestamp) -> int:
    """The time in a timestamp of a request. Raises INVALID_ARGUMENT if it is finer than a microsecond."""
    check(moment)
    if moment.nanos % 1000:
        raise invalid("timestamp cannot have more than microseconds precision")
    return microseconds(moment)


def check(moment: Timestamp) -> None:
    """Raises INVALID_ARGUMENT for a timestamp outside of the years 1 to 9999."""
    if not _EARLIEST_SECOND <= moment.seconds <= _LATEST_SECOND:
        raise invalid("timestamp seconds are outside of the years 1 to 9999")
    if not 0 <= moment.nanos < 1_000_000_000:
        raise invalid("timestamp nanos are outside of 0 to 999999999")


class Clock:
    """The service's clock: what it says never goes back, not even over a restart."""

    def __init__(self, *, last: int = 0, source: Callable[[], float] = time.time) -> None:
        """Make a clock.

        Args:
            last: the latest time that was ever handed out, in microseconds.
            source: seconds since 1970.
        """
        self._last = last
        self._source = source

    def now(self) -> int:
        """A time for a read: every commit that follows is later."""
        self._last = max(self._last, int(self._source() * MICROSECONDS))
        return self._last

    def tick(self) -> int:
        """A time for a commit: later than every time handed out before."""
        self._last = max(self._last + 1, int(self._source() * MICROSECONDS))
        return self._last
