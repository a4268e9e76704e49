"""The stack that a command talks to: the one that runs, or one of its own for as long as the command takes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from localcloud.supervisor import background, state
from localcloud.supervisor.background import StackFailed
from localcloud.supervisor.order import Order
from localcloud.supervisor.ports import free_ports
from localcloud.supervisor.state import Running
from loupe.trouble import Trouble


@contextlib.contextmanager
def using(data: Path, *, say: Callable[[str], None]) -> Iterator[Running]:
    """The running stack on `data`, or one that is started now and stopped afterwards; `say` tells which.

    Raises Trouble where it cannot be started.
    """
    running = state.running(data)
    if running is not None and not running.private:
        yield running
        return
    say("No stack is running: starting one for this command (`loupe up` keeps one running, which is faster) …")
    with contextlib.ExitStack() as stack:
        try:
            own = stack.enter_context(
                background.temporary(Order(data=str(data), ports=free_ports(), private=True), note=say)
            )
        except StackFailed as failed:
            raise Trouble(str(failed)) from failed
        yield own


def require(data: Path) -> Running:
    """The running stack. Raises Trouble where there is none."""
    running = state.running(data)
    if running is None:
        raise Trouble(f"No stack is running on {data}. Start one with: loupe up")
    return running
