"""A failing seed made small: faults are left out one by one, for as long as it still fails the same way."""

from __future__ import annotations

import msgspec

from tools.chaos.profiles import Profile
from tools.chaos.run import Result, run
from tools.chaos.world import World

MAX_RUNS = 2000


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest failing case that was found: what is left of the faults, and everything that happened."""

    spared: frozenset[int]
    result: Result
    history: tuple[str, ...]


def shrink(seed: int, profile: Profile, world_type: type[World] = World) -> Shrunk:
    """Shrink a seed that fails. Raises ValueError if it does not."""
    result = run(seed, profile, world_type=world_type)
    if not result.violations:
        raise ValueError(f"seed {seed} does not fail")
    kind, spared, runs = _kind(result), frozenset[int](), 0
    found = True
    while found and runs < MAX_RUNS:
        found = False
        for number, _ in reversed(result.faults):
            runs += 1
            smaller = run(seed, profile, spared=spared | {number}, world_type=world_type)
            if smaller.violations and _kind(smaller) == kind and len(smaller.faults) < len(result.faults):
                spared, result, found = spared | {number}, smaller, True
                break
    history: list[str] = []
    result = run(seed, profile, spared=spared, history=history, world_type=world_type)
    return Shrunk(spared=spared, result=result, history=tuple(history))


def _kind(result: Result) -> str:
    """Which invariant was violated first."""
    return result.violations[0].partition(":")[0]
