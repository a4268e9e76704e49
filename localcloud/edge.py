"""The edge of a service: every call that enters one, and every call that one sends out, passes here by name.

Names are `service.Call`: `firestore.Commit`, `storage.objects.get`, `pubsub.push`. Calls are counted here, and here is
where a call can be made to fail before its effect, after its effect, or late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Edge:
    """Lets every call through and counts it."""

    def __init__(self) -> None:
        self.entered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @asynccontextmanager
    async def around(self, call: str) -> AsyncIterator[None]:
        """Wrap the effect of one call: `async with edge.around("firestore.Commit"): effect()`."""
        self.entered[call] += 1
        await self.before(call)
        try:
            yield
        except Exception:
            self.failed[call] += 1
            raise
        await self.after(call)

    async def before(self, call: str) -> None:
        """Runs when the call has been read and nothing has happened yet."""

    async def after(self, call: str) -> None:
        """Runs when the effect has happened and the answer has not been sent."""
