"""Pull: wait for the first message, take what there is."""

from __future__ import annotations

import asyncio
import contextlib

from localcloud.pubsub.backlog import Entry, Window
from localcloud.pubsub.subscription import Subscription

LIMIT = 1000  # messages in one answer
LIMIT_BYTES = 3 * 1024 * 1024  # of one answer, unless its only message has more: emulator clients read 4 MB at most
LONGEST_WAIT = 20.0  # seconds
_MARGIN = 0.2  # seconds before the caller's deadline that an empty answer is sent


async def pull(subscription: Subscription, *, limit: int, patience: float | None) -> list[Entry]:
    """At least one message, or none after `patience` seconds (None: as long as is usual).

    Raises RpcError if the subscription cannot be pulled, or not any more.
    """
    changed = asyncio.Event()
    window = Window()
    wait = LONGEST_WAIT if patience is None else min(LONGEST_WAIT, patience - _MARGIN)
    subscription.watch(changed.set)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(wait, 0.0)):
                while not (taken := _take(subscription, window, limit)):
                    await changed.wait()
                    changed.clear()
                return taken
        return _take(subscription, window, limit)
    finally:
        subscription.unwatch(changed.set)


def _take(subscription: Subscription, window: Window, limit: int) -> list[Entry]:
    subscription.check_pull()
    return subscription.take(window, limit=min(limit, LIMIT), limit_bytes=LIMIT_BYTES)
