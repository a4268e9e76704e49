"""Publishes tasks at their time, as Cloud Scheduler does on Google Cloud."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from localcloud.rpc import RpcError
from localcloud.topology import SCHEDULE

LONGEST: Final = 86_400.0  # seconds
_LOG = logging.getLogger(__name__)


@runtime_checkable
class Publishes(Protocol):
    """What the scheduler needs of the Pub/Sub service."""

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message to a topic (full name)."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A task that is published again and again, `every` so many seconds."""

    task: str
    every: float


def timetable(environ: Mapping[str, str]) -> Iterator[Timed]:
    """The tasks and how often they come; `SWEEP_EVERY_SECONDS=5` changes that for the sweep, 0 turns it off.

    Raises ValueError for what is no such number.
    """
    for task, usual in SCHEDULE.items():
        variable = f"{task.upper()}_EVERY_SECONDS"
        text = environ.get(variable) or str(usual.total_seconds())
        try:
            every = float(text)
        except ValueError:
            every = -1.0
        if not 0 <= every <= LONGEST:
            raise ValueError(f"{variable} is a number of seconds from 0 (never) to {LONGEST:.0f}, not {text[:40]!r}")
        if every:
            yield Timed(task=task, every=every)


class Scheduler:
    """Runs the timetable. The first message of each task comes after its first period."""

    def __init__(self, publishes: Publishes, topic: str, table: Iterator[Timed]) -> None:
        self._publishes = publishes
        self._topic = topic
        self._table = tuple(table)
        self._running: list[asyncio.Task[Any]] = []

    async def start(self) -> None:
        """Begin to publish."""
        self._running = [asyncio.create_task(self._repeat(timed)) for timed in self._table]

    async def stop(self) -> None:
        """Returns when nothing is published any more."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _repeat(self, timed: Timed) -> None:
        while True:
            await asyncio.sleep(timed.every)
            try:
                await self._publishes.publish(self._topic, b"", {"task": timed.task})
            except RpcError as error:
                _LOG.warning("The task %s was not published, and is again in its time: %s", timed.task, error.message)
