"""The engine's process as its parent sees it: started when first asked, replaced when it dies or hangs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from localcloud.vision.findings import LENGTH, Findings, Task, framed

ROOT: Final = Path(__file__).parent.parent.parent
TIMEOUT: Final = 20.0  # seconds for one task, the start of the process included
MAX_ANSWER: Final = 16 * 1024 * 1024  # bytes


class EngineLost(Exception):
    """The engine died or hung over a task; the next one gets a fresh one."""


@dataclass(kw_only=True)
class _Waiting:
    task: Task
    answer: asyncio.Future[Findings] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Engine:
    """One engine's process, which takes tasks one at a time in the order in which they were asked."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._process: Process | None = None
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, task: Task) -> Findings:
        """What was found. Raises EngineLost. Who stops waiting loses the place in the queue and harms nobody."""
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        waiting = _Waiting(task=task)
        self._queue.put_nowait(waiting)
        return await waiting.answer

    async def stop(self) -> None:
        """Ends the process; whoever waits for an answer gets EngineLost."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None
        while not self._queue.empty():
            _fail(self._queue.get_nowait(), "stopped")
        await self._kill()

    async def _work(self) -> None:
        while True:
            waiting = await self._queue.get()
            if waiting.answer.done():
                continue
            try:
                async with asyncio.timeout(self._timeout):
                    findings = await self._exchange(waiting.task)
                if not waiting.answer.done():
                    waiting.answer.set_result(findings)
            except TimeoutError:
                await self._kill()
                _fail(waiting, f"took longer than {self._timeout:g} s")
            except (OSError, EOFError, msgspec.MsgspecError) as error:
                await self._kill()
                _fail(waiting, f"died ({type(error).__name__})")
            finally:
                _fail(waiting, "stopped")

    async def _exchange(self, task: Task) -> Findings:
        if self._process is None or self._process.returncode is not None:
            self._process = await _start()
        tasks, answers = self._process.stdin, self._process.stdout
        if tasks is None or answers is None:
            raise EOFError
        tasks.write(framed(task))
        await tasks.drain()
        length = int.from_bytes(await answers.readexactly(LENGTH), "big")
        if length > MAX_ANSWER:
            raise EOFError
        return msgspec.msgpack.decode(await answers.readexactly(length), type=Findings)

    async def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.communicate()
            self._process = None


def _fail(waiting: _Waiting, what: str) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(EngineLost(f"The image engine {what}; try again"))


async def _start() -> Process:
    """Nothing of the environment is passed on but what a program needs to run."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    command = (sys.executable, "-m", "localcloud.vision.engine")
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=kept, stdin=PIPE, stdout=PIPE)
