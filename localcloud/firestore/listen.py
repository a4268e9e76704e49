"""Listen: targets come in on a stream, and what they show goes out, at first and whenever it changes.

A resumed target is sent anew in full, after a RESET: right whatever happened meanwhile, and across restarts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from localcloud.edge import Edge
from localcloud.firestore import listen_answers, names, targets
from localcloud.firestore.refusals import invalid, resource_exhausted
from localcloud.firestore.store import Store
from localcloud.firestore.streams import Streams
from localcloud.firestore.watchers import Inbox, Watch, Watchers
from localcloud.firestore.wire import ListenRequest, ListenResponse, Target
from localcloud.rpc import RpcError

MAX_TARGETS = 1000

# Requests that wait while answers are sent; the stream's flow control holds back more.
_WAITING_REQUESTS = 8


class ListenCalls:
    """Listen."""

    def __init__(self, store: Store, watchers: Watchers, streams: Streams, edge: Edge) -> None:
        self._store = store
        self._watchers = watchers
        self._streams = streams
        self._edge = edge

    async def listen(self, requests: AsyncIterator[ListenRequest], _: Any) -> AsyncIterator[ListenResponse]:
        """Listen, until the client ends the stream. Raises UNAVAILABLE when the service stops."""
        stream = _Stream(self._store, self._watchers, self._edge)
        reader = asyncio.create_task(stream.read(self._streams.requests(requests)))
        try:
            async for answer in stream.answers():
                yield answer
            await reader
        finally:
            reader.cancel()
            stream.close()


class _Stream:
    """One open stream and its targets."""

    def __init__(self, store: Store, watchers: Watchers, edge: Edge) -> None:
        self._store = store
        self._watchers = watchers
        self._edge = edge
        self._wake = asyncio.Event()
        self._requests: asyncio.Queue[ListenRequest] = asyncio.Queue(_WAITING_REQUESTS)
        self._has_ended = False
        self._inbox = Inbox(self._wake.set)
        self._watches: dict[int, Watch] = {}
        self._once: list[int] = []

    async def read(self, requests: AsyncIterator[ListenRequest]) -> None:
        """Take requests in until there are no more."""
        try:
            async for request in requests:
                await self._requests.put(request)
                self._wake.set()
        finally:
            self._has_ended = True
            self._wake.set()

    async def answers(self) -> AsyncIterator[ListenResponse]:
        """Everything there is to say, as it comes up. Raises INVALID_ARGUMENT for a request that makes no sense."""
        while not (self._has_ended and self._requests.empty()):
            await self._wake.wait()
            self._wake.clear()
            had_requests = not self._requests.empty()
            while not self._requests.empty():
                async for answer in self._answer(self._requests.get_nowait()):
                    yield answer
            async for answer in self._news(speak=had_requests):
                yield answer
            while self._once:
                target_id = self._once.pop()
                self._forget(target_id)
                yield listen_answers.removed(target_id)

    def close(self) -> None:
        """Leave nothing behind."""
        for target_id in list(self._watches):
            self._forget(target_id)

    async def _answer(self, request: ListenRequest) -> AsyncIterator[ListenResponse]:
        database = names.check_database(request.database)
        kind = request.WhichOneof("target_change")
        if kind == "add_target":
            async for answer in self._add(request.add_target, database):
                yield answer
        elif kind == "remove_target":
            self._forget(request.remove_target)
            yield listen_answers.removed(request.remove_target)
        else:
            raise invalid("a listen request must add or remove a target")

    async def _add(self, target: Target, database: str) -> AsyncIterator[ListenResponse]:
        target_id = self._id_of(target)
        yield listen_answers.added(target_id)
        try:
            watch = targets.watch_of(target, target_id, database=database, inbox=self._inbox)
        except RpcError as error:
            yield listen_answers.removed(target_id, error)
            return
        self._watches[target_id] = watch
        self._watchers.add(watch)
        time = self._store.clock.now()
        await targets.load(watch, self._store)
        if target.WhichOneof("resume_type") is not None:
            yield listen_answers.reset(target_id, time)
        for answer in listen_answers.news(watch, time):
            yield answer
        yield listen_answers.current(target_id, time)
        if target.once:
            self._once.append(target_id)

    async def _news(self, *, speak: bool) -> AsyncIterator[ListenResponse]:
        """What has changed in all targets, and that they are consistent now; nothing if nothing has, unless `speak`."""
        time = self._store.clock.now()
        changed = self._inbox.take()
        for watch, latest in changed.items():
            watch.view.take_in(latest)
        answers = [answer for watch in changed for answer in listen_answers.news(watch, time)]
        if not answers and not (speak and self._watches):
            return
        async with self._edge.around("firestore.Listen.snapshot"):
            answers.append(listen_answers.consistent(time))
        for answer in answers:
            yield answer

    def _id_of(self, target: Target) -> int:
        if target.target_id < 0:
            raise invalid("a target id must not be negative")
        if target.target_id in self._watches:
            raise invalid(f"target id {target.target_id} is already in use on this stream")
        if len(self._watches) >= MAX_TARGETS:
            raise resource_exhausted(f"a stream has at most {MAX_TARGETS} targets")
        return int(target.target_id) or max(self._watches, default=0) + 1

    def _forget(self, target_id: int) -> None:
        watch = self._watches.pop(target_id, None)
        if watch is not None:
            self._watchers.remove(watch)
            self._inbox.drop(watch)
