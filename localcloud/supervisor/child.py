"""One supervised process: started, known to be ready, stopped together with everything that it started itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from typing import Final
from urllib.parse import urlsplit

from localcloud.supervisor.leash import Leash
from localcloud.supervisor.logs import Log
from localcloud.supervisor.plan import ROOT, Program

POLL: Final = 0.02  # seconds between two questions whether a process is ready
LAST_WORDS: Final = 1.0  # seconds that output may take to arrive after the end
READY: Final = "ready"


class StartFailed(Exception):
    """A process ended, or said nothing, before it was ready; the message holds the end of its log."""


class Child:
    """A program of the stack. Its process leads a process group of its own, which is ended as a whole."""

    def __init__(self, program: Program, log: Log, leash: Leash) -> None:
        self.program = program
        self.log = log
        self._leash = leash
        self._said_ready = asyncio.Event()
        self._process: Process | None = None
        self._output: _Output | None = None

    @property
    def pid(self) -> int:
        """The process id of the last start."""
        return self._started.pid

    async def start(self) -> None:
        """Start the process. Returns at once; raises OSError if it cannot be executed."""
        self._said_ready.clear()
        # A pipe of our own: asyncio's would hide the end of a process whose children still hold it.
        self._output = _Output(self.log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                cwd=ROOT,
                env=dict(self.program.environment),
                stdin=DEVNULL,
                stdout=self._output.writer,
                stderr=STDOUT,
                process_group=0,
                preexec_fn=self._leash.enrol,
            )
        finally:
            os.close(self._output.writer)

    async def wait_ready(self, within: float) -> None:
        """Returns when the process is ready. Raises StartFailed if it ends first or takes longer than `within` s."""
        ready = asyncio.create_task(self._said_ready.wait() if self.program.health is None else self._healthy())
        ended = asyncio.create_task(self.ended())
        try:
            done, _ = await asyncio.wait({ready, ended}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            ended.cancel()
        if ready in done:
            return
        what = f"{how(ended.result())} before it was ready" if ended in done else f"was not ready after {within:g} s"
        await self._finish_output()
        raise StartFailed(f"{self.program.name} {what}. The end of {self.log.path}:\n{self.log.tail()}")

    async def ended(self) -> int:
        """Returns when the process has ended, with its exit code (negative: the signal)."""
        return await self._started.wait()

    async def stop(self, grace: float) -> None:
        """Ask the process to end; after `grace` seconds end it. Returns when its whole group is gone."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace)
        await self.clear()

    async def clear(self) -> None:
        """End whatever is left of the group: the workers of a master that was killed, say."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        await self.ended()
        self._leash.release(self.pid)
        await self._finish_output()

    def heard(self, line: str) -> None:
        """A line of the process's output."""
        if line == READY:
            self._said_ready.set()

    @property
    def _started(self) -> Process:
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was not started")
        return self._process

    async def _finish_output(self) -> None:
        if self._output is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._output.ended.wait(), LAST_WORDS)

    async def _healthy(self) -> bool:
        url = urlsplit(self.program.health or "")
        while not await _answers_ok(url.hostname or "", url.port or 80, url.path):  # noqa: ASYNC110 - not our event
            await asyncio.sleep(POLL)
        return True


class _Output:
    """The reading end of a process's output, read into its log by the event loop until the last writer is gone."""

    def __init__(self, log: Log) -> None:
        self.ended = asyncio.Event()
        self._log = log
        self._reader, self.writer = os.pipe()
        asyncio.get_running_loop().add_reader(self._reader, self._read)

    def _read(self) -> None:
        chunk = os.read(self._reader, 65_536)
        if chunk:
            self._log.write(chunk)
            return
        asyncio.get_running_loop().remove_reader(self._reader)
        os.close(self._reader)
        self.ended.set()


async def _answers_ok(host: str, port: int, path: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
    except OSError:
        return False
    else:
        return status.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
    finally:
        writer.close()


def how(code: int) -> str:
    """How a process ended, in words: `ended with code 3`, `was ended by SIGKILL`."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
