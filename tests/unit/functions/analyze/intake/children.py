"""Guarded children as tests watch them."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from functions.analyze.intake.guard import Guard
from functions.analyze.intake.tasks import JUDGE, TASKS, Task
from functions.analyze.intake.verdict import Judged
from tests.unit.functions.analyze.intake.pictures import encoded, scene

PHOTO = encoded(scene())


def judging(**terms: Any) -> dict[str, Task]:
    """Judging photos on other terms than usual."""
    return {JUDGE: msgspec.structs.replace(TASKS[JUDGE], **terms)}


def only_pid(guard: Guard) -> int:
    (pid,) = guard.pids
    return pid


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def state(pid: int) -> str:
    """R running, S sleeping, T stopped, Z ended and not waited for, and nothing for no process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def limits_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:46].strip() for line in lines}


def memory_of(pid: int) -> int:
    return int(limits_of(pid)["Max address space"])


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def gone(pid: int) -> bool:
    return state(pid) in {"", "Z"}


def unread(guard: Guard) -> int:
    """How much of a photo waits in the pipe to the only child."""
    (child,) = guard._children
    return int.from_bytes(fcntl.ioctl(child._stdin, termios.FIONREAD, bytes(4)), sys.byteorder)


def mid_photo(guard: Guard, pool: ThreadPoolExecutor) -> tuple[int, Future[Judged]]:
    """A photo that is being judged by a child that stands still, and that child."""
    guard.judge(PHOTO)
    pid = only_pid(guard)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) == "T")
    judging = pool.submit(guard.judge, PHOTO)
    wait_until(lambda: unread(guard) > 0)
    return pid, judging
