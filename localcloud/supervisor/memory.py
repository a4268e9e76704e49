"""How much memory a running stack takes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from localcloud.supervisor.state import Running

if TYPE_CHECKING:
    import psutil


def of_stack(running: Running) -> dict[str, int]:
    """Bytes by process name, workers and children counted in.

    Memory that processes share is counted once where the system tells (proportional set size, on Linux), else as often
    as it is mapped (resident set size).
    """
    import psutil

    taken: dict[str, int] = {}
    for process in (running.supervisor, *running.processes):
        try:
            found = psutil.Process(process.pid)
            family = [found] if process is running.supervisor else [found, *found.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        taken[process.name] = sum(_bytes(member) for member in family)
    return taken


def total(running: Running) -> tuple[int, int]:
    """Bytes of all processes of a stack together: with shared pages counted once (PSS), and each time (RSS)."""
    import psutil

    family: dict[int, psutil.Process] = {}
    for process in (running.supervisor, *running.processes):
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(process.pid)
            family |= {member.pid: member for member in (found, *found.children(recursive=True))}
    resident = 0
    for member in family.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            resident += member.memory_info().rss
    return sum(_bytes(member) for member in family.values()), resident


def _bytes(process: psutil.Process) -> int:
    import psutil

    try:
        full = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(full, "pss", 0) or full.rss)
