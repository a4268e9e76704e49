"""What goes wrong in one run, drawn from its seed: every fault has a number, by which it can be left out."""

from __future__ import annotations

import random
from collections.abc import Sequence

Table = tuple[float, tuple[tuple[float, str], ...]]  # the chance of any, and the cumulated chance of each


class Crash(BaseException):
    """The process dies here, without another word."""


class Unanswered(Exception):
    """A service did not answer within the time that is given to all tries together."""


class Bug(Exception):
    """The code broke in a way that nobody foresaw."""


def table(chances: dict[str, float]) -> Table:
    """Faults that exclude each other, with the chance of each."""
    cumulated, total = [], 0.0
    for name, chance in chances.items():
        total += chance
        cumulated.append((total, name))
    return total, tuple(cumulated)


class Fate:
    """Draws of one run. `spared`: the numbers of draws that come to nothing, whatever they would have been."""

    def __init__(self, seed: int, spared: frozenset[int] = frozenset()) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.uniform = self._random.random
        self.spared = spared
        self.draws = 0
        self.fired: list[tuple[int, str]] = []

    def pick(self, faults: Table) -> str:
        """One of the faults, or an empty string: mostly that."""
        self.draws += 1
        drawn = self.uniform()
        if drawn >= faults[0] or self.draws in self.spared:
            return ""
        name = next(name for bound, name in faults[1] if drawn < bound)
        self.fired.append((self.draws, name))
        return name

    def happens(self, name: str, chance: float) -> bool:
        """Whether this fault happens."""
        self.draws += 1
        if self.uniform() >= chance or self.draws in self.spared:
            return False
        self.fired.append((self.draws, name))
        return True

    def between(self, least: float, most: float) -> float:
        """A number from a range."""
        return least + (most - least) * self.uniform()

    def one_of(self, values: Sequence[int]) -> int:
        """One of some numbers."""
        return values[int(self.uniform() * len(values))]
