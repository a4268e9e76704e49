"""Many seeds on all cores, and what they came to."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from shared.jobs import store
from tools.chaos.mutants import MUTANTS
from tools.chaos.profiles import PROFILES
from tools.chaos.run import Result, run

CHUNK: Final = 250  # seeds that a process takes at a time
KEPT: Final = 20  # failing seeds that are remembered


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Which seeds to run, of which profile."""

    profile: str
    start: int
    count: int


class Tally(msgspec.Struct, kw_only=True):
    """What some seeds came to; adding them up gives the whole campaign's."""

    seeds: int = 0
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    deliveries: int = 0
    takeovers: int = 0
    overlaps: int = 0
    hours: float = 0.0  # virtual
    failing: list[tuple[int, tuple[str, ...]]] = []

    def add(self, other: Tally) -> None:
        """Count the other's seeds in."""
        self.seeds += other.seeds
        self.faults.update(other.faults)
        self.outcomes.update(other.outcomes)
        self.deliveries += other.deliveries
        self.takeovers += other.takeovers
        self.overlaps += other.overlaps
        self.hours += other.hours
        self.failing = sorted([*self.failing, *other.failing])[:KEPT]

    def count(self, result: Result) -> None:
        """Count one seed in."""
        self.seeds += 1
        self.faults.update(name for _, name in result.faults)
        self.outcomes.update(result.outcomes)
        self.deliveries += result.deliveries
        self.takeovers += result.takeovers
        self.overlaps += result.overlaps
        self.hours += result.seconds / 3600
        if result.violations:
            self.failing = [*self.failing, (result.seed, result.violations)][:KEPT]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the protocol from logging what it gives up: here, that is every other job."""
    logger = logging.getLogger(store.__name__)
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def run_batch(batch: Batch) -> Tally:
    """Run the seeds of one batch, one after the other."""
    tally, profile = Tally(), PROFILES[batch.profile]
    with quiet():
        for seed in range(batch.start, batch.start + batch.count):
            tally.count(run(seed, profile))
    return tally


def campaign(profile: str, start: int, count: int, *, processes: int | None = None) -> Iterator[Tally]:
    """Run `count` seeds from `start` on, and yield the tally so far, again and again; the last one is the whole."""
    batches = [
        Batch(profile=profile, start=first, count=min(CHUNK, start + count - first))
        for first in range(start, start + count, CHUNK)
    ]
    whole = Tally()
    with multiprocessing.get_context("forkserver").Pool(processes or os.cpu_count()) as pool:
        for tally in pool.imap_unordered(run_batch, batches):
            whole.add(tally)
            yield whole


def caught_at(mutant: str, profile: str, *, within: int, start: int = 0) -> Result | None:
    """The first failing seed of a mutant, or None where none of the seeds fails."""
    with quiet(), MUTANTS[mutant].applied() as world_type:
        results = (run(seed, PROFILES[profile], world_type=world_type) for seed in range(start, start + within))
        return next((result for result in results if result.violations), None)
