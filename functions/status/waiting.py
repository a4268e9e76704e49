"""Waiting for a job to change: a long poll, by reading the job's one small document ever more slowly.

A waiting request holds a thread of the instance, so only so many may wait at once; the others are told to come back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from shared.errors import InvalidArgument, ResourceExhausted

T = TypeVar("T")

LONGEST: Final = 55.0  # seconds; the client's own timeout is usually 60 or 70
PAUSES: Final = (0.1, 0.15, 0.2, 0.3, 0.5)  # seconds between two readings; then LAST_PAUSE again and again
LAST_PAUSE: Final = 1.0


class WaitingRoom:
    """Room for `seats` requests that wait at once in this process."""

    def __init__(
        self, seats: int, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._seats = threading.BoundedSemaphore(seats) if seats else None
        self._clock = clock
        self._sleep = sleep

    def until(self, done: Callable[[T], bool], read: Callable[[], T], *, timeout: float) -> T:
        """Read until `done` or until `timeout` seconds (at most LONGEST) have gone by; answer what was read last.

        Raises ResourceExhausted WAITERS_FULL where every seat is taken, InvalidArgument TIMEOUT_INVALID.
        """
        if not timeout >= 0:
            message = f"timeout is a number of seconds from 0 to {LONGEST:.0f}."
            raise InvalidArgument("TIMEOUT_INVALID", message, max=f"{LONGEST:.0f}")
        deadline = self._clock() + min(timeout, LONGEST)
        value = read()
        if done(value) or timeout == 0:
            return value
        with self._seat():
            for pause in _pauses():
                left = deadline - self._clock()
                if left <= 0:
                    return value
                self._sleep(min(pause, left))
                value = read()
                if done(value):
                    return value
        raise AssertionError("the pauses never end")

    @contextlib.contextmanager
    def _seat(self) -> Iterator[None]:
        if self._seats is None or not self._seats.acquire(blocking=False):
            message = "Too many requests are waiting here. Read the job without :wait, or try again in a moment."
            raise ResourceExhausted("WAITERS_FULL", message, retry_after=2)
        try:
            yield
        finally:
            self._seats.release()


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield LAST_PAUSE
