"""How much memory a running stack takes."""

from __future__ import annotations

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


def _bytes(process: psutil.Process) -> int:
    import psutil

    try:
        full = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(full, "pss", 0) or full.rss)
