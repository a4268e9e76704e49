"""Where calls wait for one another, to go on in another order."""

from __future__ import annotations

import asyncio
import random
from typing import Final

PACE: Final = 0.002  # seconds between two that go on, so that they stay in this order on their further way


class Gate:
    """Lets calls through in batches of `window`, or of what there is `within` seconds after the first of a batch."""

    def __init__(self, *, window: int, within: float, seed: str) -> None:
        self._window = window
        self._within = within
        self._random = random.Random(seed)  # noqa: S311 - not for secrets: it has to be the same again
        self._waiting: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0  # when the latest of all batches goes on, by the loop's clock

    async def go_through(self) -> None:
        """Returns when it is this call's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) >= self._window:
            self.open()
        elif self._timer is None:
            self._timer = loop.call_later(self._within, self.open)
        await turn

    def open(self) -> None:
        """Let through whoever waits, in an order that is never the one in which they came."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, []
        order = list(range(len(batch)))
        self._random.shuffle(order)
        if order == sorted(order):
            order.reverse()
        loop = asyncio.get_running_loop()
        for number in order:
            self._next = max(self._next + PACE, loop.time())
            loop.call_at(self._next, _let_through, batch[number])


def _let_through(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
