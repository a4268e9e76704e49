"""DATA/stack.json: which stack runs, for every other command. Written when it is ready, removed when it has stopped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from localcloud.ground import Ports

NAME: Final = "stack.json"
SAME_START: Final = 2.0  # seconds by which two readings of one process's start time may differ


class Process(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A process, told from a later one with the same id by its start time (seconds since 1970)."""

    name: str
    pid: int
    start_time: float

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        import psutil

        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.start_time) < SAME_START
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


class Running(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A stack that is up. `private`: it belongs to one command, and nobody else may count on it."""

    supervisor: Process
    project: str
    data: str
    ports: Ports
    urls: dict[str, str]
    processes: tuple[Process, ...]
    private: bool = False


def identify(name: str, pid: int) -> Process:
    """The process with this id as it is now. Raises psutil.NoSuchProcess if it is gone."""
    import psutil

    return Process(name=name, pid=pid, start_time=psutil.Process(pid).create_time())


def write(data: Path, running: Running) -> None:
    """Replace the file at once: a reader sees the whole of one version."""
    draft = data / f".{NAME}.{os.getpid()}"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(running)))
    draft.replace(data / NAME)


def read(data: Path) -> Running | None:
    """What the file says, be it true or stale; None without one, or with one that no version of ours wrote."""
    try:
        return msgspec.json.decode((data / NAME).read_bytes(), type=Running)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def running(data: Path) -> Running | None:
    """The stack that runs on this data folder now, or None."""
    found = read(data)
    return found if found is not None and found.supervisor.alive else None


def remove(data: Path) -> None:
    """There is no stack any more."""
    (data / NAME).unlink(missing_ok=True)
