"""Transactions that were beaten take turns, and nobody waits for the dead."""

from __future__ import annotations

import asyncio
import contextlib
import time

from localcloud.firestore.transactions import Transaction
from localcloud.firestore.turns import PATIENCE_SECONDS, Turns


def transaction(*, is_retry=False):
    return Transaction(token=b"", read_only=False, is_retry=is_retry, as_of=0, began=0, used=0)


async def soon(awaitable):
    """Whether it is done in much less time than patience lasts."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(awaitable), PATIENCE_SECONDS / 5)
    return awaitable.done()


def test_transactions_on_their_first_attempt_do_not_wait_for_each_other():
    async def scenario():
        turns = Turns()
        await turns.take(transaction(), ["x"])
        await turns.take(transaction(), ["x"])
        assert len(turns) == 0

    asyncio.run(scenario())


def test_others_wait_for_one_that_tries_again_and_go_on_one_by_one_in_order():
    async def scenario():
        turns = Turns()
        beaten, second, third = transaction(is_retry=True), transaction(), transaction()
        await turns.take(beaten, ["x"])
        waiting = [asyncio.create_task(turns.take(other, ["x"])) for other in (second, third)]
        assert not await soon(waiting[0])
        turns.give(beaten)
        assert await soon(waiting[0])
        assert not await soon(waiting[1])
        turns.give(second)
        assert await soon(waiting[1])
        turns.give(third)
        assert len(turns) == 0

    asyncio.run(scenario())


def test_documents_that_nobody_wants_are_not_waited_for():
    async def scenario():
        turns = Turns()
        await turns.take(transaction(is_retry=True), ["x"])
        await asyncio.wait_for(turns.take(transaction(is_retry=True), ["y"]), PATIENCE_SECONDS / 5)

    asyncio.run(scenario())


def test_one_that_does_nothing_is_passed():
    async def scenario():
        turns = Turns()
        await turns.take(transaction(is_retry=True), ["x"])
        began = time.monotonic()
        await turns.take(transaction(), ["x"])
        assert PATIENCE_SECONDS / 2 < time.monotonic() - began < PATIENCE_SECONDS * 5

    asyncio.run(scenario())


def test_two_that_wait_for_each_other_both_go_on():
    async def scenario():
        turns = Turns()
        one, other = transaction(is_retry=True), transaction(is_retry=True)
        await turns.take(one, ["x"])
        await turns.take(other, ["y"])
        await asyncio.wait_for(asyncio.gather(turns.take(one, ["y"]), turns.take(other, ["x"])), 1)

    asyncio.run(scenario())


def test_one_that_went_away_while_waiting_is_skipped():
    async def scenario():
        turns = Turns()
        beaten, gone, last = transaction(is_retry=True), transaction(), transaction()
        await turns.take(beaten, ["x"])
        leaving = asyncio.create_task(turns.take(gone, ["x"]))
        staying = asyncio.create_task(turns.take(last, ["x"]))
        await asyncio.sleep(0)
        leaving.cancel()
        turns.give(beaten)
        assert await soon(staying)
        turns.give(last)
        assert len(turns) == 0

    asyncio.run(scenario())
