"""Start a stack in a process of its own, and stop one that runs, from any other process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec.structs import replace

from localcloud.supervisor import state
from localcloud.supervisor.folder import DataFolder
from localcloud.supervisor.order import Order
from localcloud.supervisor.plan import ROOT
from localcloud.supervisor.state import Process, Running

STOPPED_WITHIN: Final = 15.0  # seconds
POLL: Final = 0.02  # seconds


class StackFailed(Exception):
    """A stack could not be started; the message says why and what to do."""


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line that a supervisor in the background prints. After the one with `running` or `failed` none follows."""

    note: str = ""
    running: Running | None = None
    failed: str = ""


def start(order: Order, *, note: Callable[[str], None]) -> Running:
    """Start a stack that stays, and return when it is up. Raises StackFailed."""
    process = _launch(order, subprocess.DEVNULL)
    try:
        return _up(process, note)
    except BaseException:
        process.terminate()
        raise


@contextlib.contextmanager
def temporary(order: Order, *, note: Callable[[str], None]) -> Iterator[Running]:
    """A stack for the length of a `with` block; it ends with this process, too, however that ends.

    Raises StackFailed if it cannot be started. What it has to say while it starts goes to `note`.
    """
    process = _launch(replace(order, temporary=True), subprocess.PIPE)
    try:
        yield _up(process, note)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stop(data: Path) -> Running | None:
    """Stop the stack on a data folder, and return what ran, when nothing of it is left; None if there was none.

    A stack whose supervisor was killed counts, too. Raises FolderBusy if the system does not let it end.
    """
    found = state.read(data)
    if found is None:
        return None
    _end(found.supervisor)
    folder = DataFolder(data)
    folder.take(waiting=lambda _: None)  # returns when the last process has let the folder go
    folder.close()
    return found


def _end(supervisor: Process) -> None:
    """Ask it to end, and wait; what is over but not yet collected by its parent counts as ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not supervisor.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor.pid, number)
        deadline = time.monotonic() + STOPPED_WITHIN
        while supervisor.alive and time.monotonic() < deadline:
            time.sleep(POLL)


def _launch(order: Order, stdin: int) -> subprocess.Popen[bytes]:
    folder = DataFolder(Path(order.data))
    try:
        folder.make()
        folder.logs.mkdir(exist_ok=True)
        log = (folder.logs / "supervisor.log").open("ab")
    except OSError as error:
        raise StackFailed(f"Cannot write to the data folder {order.data}: {error.strerror}") from error
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "localcloud.supervisor", msgspec.json.encode(order).decode()],
            cwd=ROOT,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def _up(process: subprocess.Popen[bytes], note: Callable[[str], None]) -> Running:
    if process.stdout is None:
        raise StackFailed("the supervisor has no output")
    with process.stdout as lines:
        for report in _reports(lines):
            if report.running is not None:
                return report.running
            if report.failed:
                raise StackFailed(report.failed)
            note(report.note)
    raise StackFailed(
        f"The supervisor ended with code {process.wait()} before the stack was up; see logs/supervisor.log"
    )


def _reports(lines: IO[bytes]) -> Iterator[Report]:
    for line in lines:
        yield msgspec.json.decode(line, type=Report)
