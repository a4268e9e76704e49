"""The stack that a command talks to: the one that runs, or one of its own for as long as the command takes."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from localcloud.supervisor import background, state
from localcloud.supervisor.background import StackFailed
from localcloud.supervisor.order import Order
from localcloud.supervisor.plan import client_environment
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


def reached_by_libraries(running: Running) -> None:
    """Have Google's libraries in this process find the stack, whatever environment the command was called with.

    The documented way to an emulator is the environment; a command talks to one stack.
    """
    os.environ.update(client_environment(running.project, running.ports))
    # Everything is on this machine: a proxy of the environment has no business here.
    for name in ("NO_PROXY", "no_proxy", "no_grpc_proxy"):
        os.environ[name] = "127.0.0.1"
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger("google").addHandler(logging.NullHandler())
