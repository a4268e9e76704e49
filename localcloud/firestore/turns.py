"""Transactions that have been beaten take turns, so that none of them loses for ever.

Optimistic transactions that all want one document beat each other: one commit fails everybody else, and clients give up
after five attempts. So whoever tries again is first on what it reads until it ends, and whoever meets a document on
which somebody is first waits in line and is first then. Without contention nobody waits. This is a courtesy, not a
lock: who is first and does nothing is passed after `PATIENCE_SECONDS`, and correctness never depends on it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from localcloud.firestore.transactions import Transaction

PATIENCE_SECONDS = 0.1


@dataclass(kw_only=True, eq=False)
class _Line:
    first: Transaction
    timer: asyncio.TimerHandle
    waiting: deque[tuple[Transaction, asyncio.Future[None]]] = field(default_factory=deque)


class Turns:
    """Who is first on which document or collection, and who waits."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        return len(self._lines)

    async def take(self, transaction: Transaction, names: Iterable[str]) -> None:
        """Returns when nobody else is first on any of `names`."""
        for name in sorted(set(names)):
            await self._take(transaction, name)

    def give(self, transaction: Transaction) -> None:
        """The transaction is over: let the next ones go on."""
        for name, line in list(self._lines.items()):
            if line.first is transaction:
                self._pass_on(name)

    async def _take(self, transaction: Transaction, name: str) -> None:
        line = self._lines.get(name)
        if line is None:
            if transaction.is_retry:
                self._lines[name] = _Line(first=transaction, timer=self._timer(name))
        elif line.first is transaction:
            line.timer.cancel()
            line.timer = self._timer(name)
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            line.waiting.append((transaction, turn))
            await turn

    def _pass_on(self, name: str) -> None:
        line = self._lines[name]
        line.timer.cancel()
        while line.waiting:
            transaction, turn = line.waiting.popleft()
            if not turn.done():
                line.first = transaction
                line.timer = self._timer(name)
                turn.set_result(None)
                return
        del self._lines[name]

    def _timer(self, name: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._pass_on, name)
