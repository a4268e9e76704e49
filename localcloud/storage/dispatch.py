"""Sending what the outbox holds, again and again until it has arrived."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from localcloud.edge import Edge
from localcloud.faults.details import Details, topic
from localcloud.faults.failure import Dropped
from localcloud.storage.notifications import Message
from localcloud.storage.outbox import Outbox, Pending
from localcloud.storage.times import now

Publish = Callable[[str, bytes, Mapping[str, str]], Awaitable[str]]

TOGETHER = 64  # messages under way at the same time
PATIENCE = 10.0  # seconds that one message may take
FIRST_PAUSE = 0.1  # seconds before the second attempt, doubled with each further one
LONGEST_PAUSE = 5.0

_log = logging.getLogger(__name__)


class Dispatcher:
    """Publishes the messages of an outbox. A message goes out at least once, and in no promised order."""

    def __init__(self, outbox: Outbox, publish: Publish, edge: Edge) -> None:
        self._outbox = outbox
        self._publish = publish
        self._edge = edge
        self._sending: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins with what earlier runs left behind."""
        self._outbox.make_all_due()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leaves in the outbox what has not arrived."""
        under_way = {*self._sending, *({self._task} if self._task else ())}
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)

    async def _run(self) -> None:
        while True:
            self._outbox.changed.clear()
            until = now() + _microseconds(2 * PATIENCE)
            for pending in self._outbox.claim(most=TOGETHER - len(self._sending), until=until):
                task = asyncio.create_task(self._tell(pending.message))
                self._sending.add(task)
                task.add_done_callback(partial(self._settle, pending))
            await self._rest()

    async def _rest(self) -> None:
        due = self._outbox.next_due() if len(self._sending) < TOGETHER else None
        pause = None if due is None else max(0.0, (due - now()) / 1e6)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.changed.wait(), pause)

    async def _tell(self, message: Message) -> None:
        passage = self._edge.around("storage.notify", partial(_details, message))
        try:
            async with asyncio.timeout(PATIENCE), passage as decision:
                for _ in range(1 + decision.copies):
                    await self._publish(message.topic, message.data, message.attributes)
        except Dropped as dropped:
            if dropped.applied:
                raise
            _log.warning("notification to %s lost: %s", message.topic, dropped.message)

    def _settle(self, pending: Pending, task: asyncio.Task[None]) -> None:
        # Whatever went wrong in publishing is the task's result, and the message is tried again later.
        self._sending.discard(task)
        failure = "stopped" if task.cancelled() else task.exception()
        if failure is None:
            self._outbox.sent(pending.number)
        else:
            pause = min(FIRST_PAUSE * 2 ** min(pending.attempts, 10), LONGEST_PAUSE)
            self._outbox.postpone(pending.number, until=now() + _microseconds(pause))
            level = logging.DEBUG if pending.attempts else logging.WARNING
            _log.log(level, "notification to %s not published, will be: %r", pending.message.topic, failure)
        self._outbox.changed.set()


def _details(message: Message) -> Details:
    told = message.attributes
    about = {"bucket": [told["bucketId"]], "object": [told["objectId"]], "event": [told["eventType"]]}
    return {**about, **topic(message.topic)}


def _microseconds(seconds: float) -> int:
    return int(seconds * 1_000_000)
