"""The data folder belongs to one stack at a time, held by a lock that the system releases whatever happens.

The leash inherits the lock, so it is free only when the last process of the stack before has ended.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from localcloud.supervisor import state
from localcloud.supervisor.leash import end_groups
from localcloud.supervisor.state import Running

LOCK: Final = "stack.lock"
POLL: Final = 0.05  # seconds
ENDING: Final = 15.0  # seconds that a stack which is starting or stopping may take
SECRET: Final = "page-token-secret"  # noqa: S105 - the name of a file


class AlreadyRunning(Exception):
    """A stack runs on this data folder."""

    def __init__(self, running: Running) -> None:
        super().__init__(f"A stack runs on {running.data} already (pid {running.supervisor.pid}).")
        self.running = running


class FolderBusy(Exception):
    """A stack that is neither up nor gone holds the data folder."""


class DataFolder:
    """Where a stack keeps everything. `take` before anything is started, `close` after all has stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    @property
    def logs(self) -> Path:
        """Where the processes' output is kept."""
        return self.path / "logs"

    @property
    def lock(self) -> int:
        """The file descriptor of the lock, to be inherited by the leash."""
        if self._lock is None:
            raise RuntimeError("the folder is not taken")
        return self._lock

    def make(self) -> None:
        """There is such a folder; a new one is nobody else's to read. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self, *, waiting: Callable[[str], None]) -> None:
        """Make the folder this process's own, and end what a killed stack may have left running.

        Raises AlreadyRunning, or FolderBusy after fifteen seconds; OSError where the folder cannot be written.
        While another command's own stack holds it, `waiting` is told so, and it is waited for as long as that takes.
        """
        self.make()
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(descriptor, waiting)
        except BaseException:
            os.close(descriptor)
            raise
        self._lock = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        end_stale(self.path)

    def close(self) -> None:
        """Nothing of this stack is left."""
        os.close(self.lock)
        self._lock = None

    def page_token_secret(self) -> str:
        """The secret that page tokens are signed with, made at the first start."""
        path = self.path / "keys" / SECRET
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32))
        return path.read_text()

    def _wait(self, descriptor: int, waiting: Callable[[str], None]) -> None:
        deadline, told = time.monotonic() + ENDING, False
        while not _locked(descriptor):
            running = state.running(self.path)
            if running is not None and not running.private:
                raise AlreadyRunning(running)
            if running is not None and not told:
                waiting(f"Another loupe command (pid {running.supervisor.pid}) uses {self.path}; waiting for its end …")
                told = True
            if running is not None:
                deadline = time.monotonic() + ENDING
            if time.monotonic() > deadline:
                holder = (self.path / LOCK).read_text().strip()
                raise FolderBusy(f"A stack on {self.path} is neither up nor gone. End it with: kill {holder}")
            time.sleep(POLL)


def end_stale(data: Path) -> None:
    """End what a stack left running that was killed together with its leash, and remove its file."""
    found = state.read(data)
    if found is not None:
        end_groups({process.pid for process in found.processes if process.alive})
    state.remove(data)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
