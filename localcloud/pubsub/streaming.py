"""StreamingPull: messages flow out as they come and the client's window allows, acknowledgements flow in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from localcloud.edge import Edge
from localcloud.faults.details import subscription as details
from localcloud.faults.failure import Dropped
from localcloud.pubsub.backlog import Entry, Window
from localcloud.pubsub.protos import StreamingPullResponse
from localcloud.pubsub.received import received
from localcloud.pubsub.refusals import invalid
from localcloud.pubsub.subscription import Subscription
from localcloud.rpc import RpcError

BATCH = 100  # messages in one answer
BATCH_BYTES = 1024 * 1024  # of one answer, unless its only message has more

_LOG = logging.getLogger(__name__)


class OpenStream:
    """One open stream. Raises RpcError when it has to end."""

    def __init__(self, subscription: Subscription, first: Any, *, edge: Edge) -> None:
        subscription.check_pull()
        self._subscription = subscription
        self._edge = edge
        self._window = Window(messages_limit=first.max_outstanding_messages, bytes_limit=first.max_outstanding_bytes)
        self._lease = float(subscription.settings.ack_deadline)
        self._changed = asyncio.Event()
        self._apply(first)

    async def answers(self, requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """The answers, until the client says that it has no more requests.

        However the stream ends, what it handed out and nobody acknowledged is there for others at once.
        """
        self._subscription.watch(self._changed.set)
        reader = asyncio.create_task(self._read(requests))
        reader.add_done_callback(lambda _: self._changed.set())
        try:
            yield self._properties()
            while not reader.done():
                self._changed.clear()
                self._subscription.check_pull()
                taken = self._take()
                if not taken:
                    await self._changed.wait()
                    continue
                async with AsyncExitStack() as passed:
                    admitted = [message for entry in taken for message in await self._admit(entry, passed)]
                    if admitted:
                        yield StreamingPullResponse(received_messages=admitted)
            reader.result()
        finally:
            reader.cancel()
            self._subscription.unwatch(self._changed.set)
            self._subscription.release(self._window)

    def _take(self) -> list[Entry]:
        return self._subscription.take(self._window, limit=BATCH, limit_bytes=BATCH_BYTES, lease=self._lease)

    async def _admit(self, entry: Entry, passed: AsyncExitStack) -> Sequence[Any]:
        """What the edge lets out of this delivery; the edge is left again when the answer has been sent."""
        subscription = self._subscription
        passage = self._edge.around("pubsub.deliver", partial(details, subscription.name))
        try:
            decision = await passed.enter_async_context(passage)
        except Dropped:
            return ()  # lost on its way: it comes again when its lease has run out
        except RpcError as error:
            _LOG.info("%s: a delivery was refused at the edge: %s", subscription.name, error.message)
            subscription.fail([entry])
            return ()
        return [received(subscription, entry, twin) for twin in decision.twins()]

    def _properties(self) -> Any:
        response = StreamingPullResponse()
        response.subscription_properties.message_ordering_enabled = self._subscription.settings.ordered
        return response

    async def _read(self, requests: AsyncIterator[Any]) -> None:
        async for request in requests:
            if request.subscription or request.client_id or request.protocol_version:
                raise invalid("subscription, client_id and protocol_version belong into the first request only.")
            if request.max_outstanding_messages or request.max_outstanding_bytes:
                raise invalid("max_outstanding_messages and max_outstanding_bytes belong into the first request only.")
            self._apply(request)

    def _apply(self, request: Any) -> None:
        seconds = request.stream_ack_deadline_seconds
        if seconds:
            if not 10 <= seconds <= 600:
                raise invalid(f"stream_ack_deadline_seconds is {seconds}; it has to be 10 to 600.")
            self._lease = float(seconds)
        if len(request.modify_deadline_ack_ids) != len(request.modify_deadline_seconds):
            raise invalid("modify_deadline_ack_ids and modify_deadline_seconds have to be of one length.")
        self._subscription.acknowledge(request.ack_ids)
        for ack_id, seconds in zip(request.modify_deadline_ack_ids, request.modify_deadline_seconds, strict=True):
            self._subscription.modify([ack_id], seconds)
