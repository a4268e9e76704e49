"""Memory of a stack: what its processes take together."""

from __future__ import annotations

import contextlib

import psutil

from localcloud.supervisor.state import Running

MIB = 1024 * 1024


def stack_memory(running: Running) -> tuple[float, float]:
    """PSS and RSS of all processes of a stack, MiB.

    PSS counts a page that n processes share as 1/n of a page each: the sum is what the machine really gives. RSS counts
    it n times. Where the system tells no PSS (it is Linux's), both are RSS.
    """
    family = {running.supervisor.pid: psutil.Process(running.supervisor.pid)}
    for process in running.processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            family[process.pid] = psutil.Process(process.pid)
    for parent in list(family.values()):
        family |= {child.pid: child for child in parent.children(recursive=True)}
    pss = rss = 0
    for member in family.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            memory = member.memory_full_info()
            rss += memory.rss
            pss += getattr(memory, "pss", memory.rss)
    return pss / MIB, rss / MIB
