"""Streams that stay open: how they end when the service stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from localcloud.firestore.refusals import unavailable

Request = TypeVar("Request")


class Streams:
    """All open streams of a service."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Have every stream end with UNAVAILABLE, upon which clients connect again."""
        self._stopping.set()

    async def requests(self, incoming: AsyncIterator[Request]) -> AsyncIterator[Request]:
        """The requests of one stream until its client ends it. Raises UNAVAILABLE when the service stops."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            while True:
                following = asyncio.ensure_future(anext(incoming))
                try:
                    await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    following.cancel()
                if stopping.done():
                    raise unavailable("the local Firestore is stopping")
                try:
                    request = following.result()
                except StopAsyncIteration:
                    return
                yield request
        finally:
            stopping.cancel()
