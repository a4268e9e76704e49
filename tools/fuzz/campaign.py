"""Mutants through a guard, and what must hold for every one of them."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tools.fuzz.mutation import mutant

INTAKE: Final = "functions.analyze.intake"  # loaded by name: nothing imports a function
SECONDS: Final = 10.0
MEMORY: Final = 2**30  # bytes
CONTROL_EVERY: Final = 50  # photos; and after every one that ended its child
DECODER: Final = frozenset({"DECODER_CRASHED", "DECODER_TIMEOUT"})  # the guard caught it, and it is to be looked into


@dataclass(kw_only=True)
class Findings:
    """What a campaign saw. `broken` are the numbers of mutants for which something did not hold, and what."""

    judged: int = 0
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)
    slowest: float = 0.0
    largest: int = 0
    children: int = 0
    broken: list[tuple[int, str]] = field(default_factory=list)


def run(numbers: Sequence[int], seeds: Sequence[bytes], *, children: int = 1) -> Findings:
    """Judge the mutants of these numbers, and an undamaged photo between them that must always fare the same."""
    guard_module, refusal = (import_module(f"{INTAKE}.{name}") for name in ("guard", "refusal"))
    found = Findings()
    lock = threading.Lock()
    pids: set[int] = set()
    with guard_module.Guard(children=children) as guard, ThreadPoolExecutor(children) as workers:
        expected = guard.judge(seeds[0])

        def one(number: int) -> None:
            data = mutant(number, seeds)
            began = time.monotonic()
            try:
                judged = guard.judge(data)
                if time.monotonic() - began > SECONDS:  # once more: a child may have been starting on a busy machine
                    began = time.monotonic()
                    judged = guard.judge(data)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                with lock:
                    found.broken.append((number, f"the guard raised {type(error).__name__}"))
                return
            seconds = time.monotonic() - began
            control = number % CONTROL_EVERY == 0 or judged.reason in DECODER
            unharmed = not control or guard.judge(seeds[0]) == expected
            with lock:
                pids.update(guard.pids)
                _note(found, number, judged, seconds, unharmed=unharmed, reasons=refusal.MESSAGES)
                found.largest = max(found.largest, *map(_peak, guard.pids), 0)

        list(workers.map(one, numbers))
    found.children = len(pids)
    return found


def _note(found: Findings, number: int, judged: Any, seconds: float, *, unharmed: bool, reasons: Any) -> None:
    found.judged += 1
    found.verdicts[judged.reason or judged.verdict] += 1
    found.slowest = max(found.slowest, seconds)
    accepted = judged.verdict == "accepted"
    whole = accepted == (judged.reason is None) == (judged.normalized is not None)
    for broken, what in (
        (seconds > SECONDS + 1, f"took {seconds:.1f} s"),
        (not unharmed, "harmed the next photo"),
        (not accepted and judged.reason not in reasons, f"has the unknown reason {judged.reason}"),
        (not whole, "has half a verdict"),
        (judged.reason in DECODER, f"{judged.reason}: {judged.detail}"),
    ):
        if broken:
            found.broken.append((number, what))


def _peak(pid: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 where it has gone, or is not to be seen."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak[0]) * 1024 if peak else 0
