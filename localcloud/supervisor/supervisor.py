"""All processes of a stack: started at the same time, kept running as Cloud Run would, stopped in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from localcloud.supervisor import state
from localcloud.supervisor.child import Child, StartFailed, how
from localcloud.supervisor.folder import DataFolder
from localcloud.supervisor.leash import Leash
from localcloud.supervisor.logs import Log
from localcloud.supervisor.plan import LOCALCLOUD, Plan, Program
from localcloud.supervisor.state import Running

READY_WITHIN: Final = 60.0  # seconds; a first start compiles nothing, but a busy machine is slow
GRACE: Final = 5.0  # seconds that a process may take to finish what it is doing
SHORT_GRACE: Final = 0.5  # the same where the command that everything was done for is over
STEADY: Final = 10.0  # seconds after which a process that ends is taken to have run well
FIRST_DELAY: Final = 0.1  # seconds before a crashed process is started again; doubles while it keeps crashing
LONGEST_DELAY: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How the supervisor speaks: `say` for what somebody should know, `echo(name, line)` for the processes' output."""

    say: Callable[[str], None]
    echo: Callable[[str, str], None] | None = None


class Supervisor:
    """The processes of one plan on a data folder that has been taken."""

    def __init__(self, plan: Plan, folder: DataFolder, voice: Voice) -> None:
        self._plan = plan
        self._folder = folder
        self._voice = voice
        self._leash = Leash(held=(folder.lock,))
        self._children = [self._child(program) for program in plan.programs()]
        self._keepers: list[asyncio.Task[None]] = []
        self._hurry = asyncio.Event()

    async def start(self) -> Running:
        """Start everything; returns when all is ready and the state file says so.

        Raises StartFailed or OSError when something was started already: call `stop`.
        """
        for child in self._children:
            await child.start()
        waits = [asyncio.create_task(child.wait_ready(READY_WITHIN)) for child in self._children]
        try:
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()
        self._keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        return self._announce()

    async def stop(self) -> None:
        """Stop the functions, then the local cloud; returns when no process is left. A call of `hurry` ends waiting."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        functions = [child for child in self._children if child.program.name != LOCALCLOUD]
        services = [child for child in self._children if child.program.name == LOCALCLOUD]
        for layer in (functions, services):
            await asyncio.gather(*(self._stop(child) for child in layer))
        state.remove(self._folder.path)
        for child in self._children:
            child.log.close()
        self._leash.close()

    def hurry(self) -> None:
        """Whatever has not stopped yet is ended now."""
        self._hurry.set()

    def _child(self, program: Program) -> Child:
        def on_line(line: str) -> None:
            child.heard(line)
            if self._voice.echo is not None:
                self._voice.echo(program.name, line)

        child = Child(program, Log(self._folder.logs, program.name, on_line=on_line), self._leash)
        return child

    async def _keep(self, child: Child) -> None:
        """Start the process again whenever it ends, at once at first, later and later while it keeps ending."""
        delay = FIRST_DELAY
        while True:
            began = time.monotonic()
            code = await child.ended()
            if time.monotonic() - began > STEADY:
                delay = FIRST_DELAY
            self._voice.say(f"{child.program.name} {how(code)}; starting it again in {delay:g} s")
            await child.clear()
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)
            try:
                await child.start()
                await child.wait_ready(READY_WITHIN)
            except (StartFailed, OSError) as failure:
                self._voice.say(str(failure))
            else:
                self._announce()
                self._voice.say(f"{child.program.name} is ready again")

    async def _stop(self, child: Child) -> None:
        stopping = asyncio.create_task(child.stop(SHORT_GRACE if self._plan.private else GRACE))
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({stopping, hurry}, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not stopping.done():
            await child.clear()
        await stopping

    def _announce(self) -> Running:
        running = Running(
            supervisor=state.identify("supervisor", os.getpid()),
            project=self._plan.project,
            data=str(self._folder.path),
            ports=self._plan.ports,
            urls={name: self._plan.ports.url(name) for name, _ in self._plan.ports},
            processes=tuple(state.identify(child.program.name, child.pid) for child in self._children),
            private=self._plan.private,
        )
        state.write(self._folder.path, running)
        return running


async def run(
    plan: Plan, folder: DataFolder, voice: Voice, *, on_ready: Callable[[Running], None], temporary: bool = False
) -> None:
    """Run a stack on a taken folder until SIGINT, SIGTERM or SIGHUP; a second signal ends without grace.

    `on_ready` is called once. With `temporary` the end of standard input is a signal, too: the stack belongs to the
    command that holds the other end. Raises what `Supervisor.start` raises; nothing is left running in any case.
    """
    stop = asyncio.Event()
    supervisor = Supervisor(plan, folder, voice)

    def on_signal() -> None:
        if stop.is_set():
            supervisor.hurry()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    if temporary:
        loop.add_reader(sys.stdin, stop.set)
    starting, stopping = asyncio.create_task(supervisor.start()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            on_ready(starting.result())
            await stopping
    finally:
        if temporary:
            loop.remove_reader(sys.stdin)
        stopping.cancel()
        starting.cancel()
        await asyncio.wait({starting})
        await supervisor.stop()
