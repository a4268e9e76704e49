"""Several stacks at the same time, each in a process of its own: while one waits for leases, others work."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from threading import Thread
from typing import Any

from tools.chaos_real.perform import Played, perform
from tools.chaos_real.row import Row

Plays = Sequence[tuple[Row, int]]


def run(plays: Mapping[str, Plays], *, seed: int, lanes: int, note: Callable[[str], None]) -> list[Played]:
    """Play the rows of every setting; `note` is told what goes on.

    Whatever ends it (Ctrl-C, or SIGTERM to this process alone), no stack is left running.
    """
    context = multiprocessing.get_context("spawn")
    said: SimpleQueue[str | None] = context.SimpleQueue()
    listener = Thread(target=_listen, args=(said, note))
    listener.start()
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with _pool(lanes, context, said) as pool:
            longest_first = sorted(plays.items(), key=lambda item: -sum(runs for _, runs in item[1]))
            running = [
                pool.submit(_lane, stack, [(row.number, runs) for row, runs in rows], seed)
                for stack, rows in longest_first
            ]
            return sorted((one for done in as_completed(running) for one in done.result()), key=lambda one: one.number)
    finally:
        signal.signal(signal.SIGTERM, before)
        said.put(None)
        listener.join()


@contextlib.contextmanager
def _pool(lanes: int, context: SpawnContext, said: SimpleQueue[str | None]) -> Iterator[ProcessPoolExecutor]:
    """The processes of the lanes; told to leave if the block is left by an exception."""
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(lanes, mp_context=context, initializer=_equip, initargs=(said,)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for lane in set(multiprocessing.active_children()) - others:
                lane.terminate()
            raise


def _leave(number: int, _frame: object) -> None:
    """End as upon Ctrl-C, so that stacks are stopped and folders removed; further signals do not disturb that."""
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt(f"signal {number}")


_said: list[Any] = []


def _equip(said: Any) -> None:
    _said[:] = [said]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _lane(stack: str, plays: Sequence[tuple[int, int]], seed: int) -> list[Played]:
    from tools.chaos_real.matrix import ROWS

    rows = {row.number: row for row in ROWS}
    found = []
    for one in perform(stack, [(rows[number], runs) for number, runs in plays], seed, _say):
        bad = f", {len(one.violations)} VIOLATIONS" if one.violations else ""
        _say(f"row {one.number}: {one.not_here or f'{one.runs} runs in {one.seconds:g} s{bad}'}")
        found.append(one)
    return found


def _say(text: str) -> None:
    for said in _said:
        said.put(f"{time.strftime('%H:%M:%S')} {text}")


def _listen(said: SimpleQueue[str | None], note: Callable[[str], None]) -> None:
    while (text := said.get()) is not None:
        note(text)
