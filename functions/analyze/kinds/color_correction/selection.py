"""Which correction to take: one more set of numbers is let in only if patches that were left out gain by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from .fit import Problem, differences, evened_differences, fit, fit_without_each
from .model import BEND, COUNT, EXPONENT, LIGHT, MATRIX, OFFSET, ROOTS
from .spaces import Floats

GAIN: Final = 0.98  # of the leave-one-out mean that a larger model has to come down to
LIGHT_GAIN: Final = 0.85
OUTLIER: Final = 3.5  # robust standard deviations above the median
OUTLIER_FROM: Final = 5.0  # ΔE00: less is never an outlier
MOST_OUTLIERS: Final = 4


def _each(part: slice) -> Floats:
    columns = np.zeros((COUNT, part.stop - part.start))
    columns[part] = np.eye(part.stop - part.start)
    return columns


def _together(part: slice) -> Floats:
    columns = np.zeros((COUNT, 1))
    columns[part] = 1.0
    return columns


PARTS: Final[Mapping[str, Floats]] = {
    "gains": _each(MATRIX)[:, ::4],
    "matrix": _each(MATRIX),
    "light": _each(LIGHT),
    "gamma": np.hstack([_together(EXPONENT), _together(BEND)]),
    "curves": np.hstack([_each(EXPONENT), _each(BEND)]),
    "offset": _each(OFFSET),
    "roots": _each(ROOTS),
}
BASES: Final = (("gains",), ("matrix",))
REPLACES: Final[Mapping[str, str]] = {"curves": "gamma"}
STEPS: Final = ("light", "gamma", "curves", "offset", "roots")  # what is tried on top of the matrix, in this order


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted model: its parts, its numbers, and ΔE00 of every patch: as a picture shows it, with the light evened
    out, and left out of its own fit.
    """

    parts: tuple[str, ...]
    vector: Floats
    shown: Floats
    evened: Floats
    held_out: Floats

    @property
    def name(self) -> str:
        """`matrix+curves`, say."""
        return "+".join(self.parts)


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The model that was chosen, all that were tried, and which patches were taken for outliers."""

    best: Candidate
    tried: tuple[Candidate, ...]
    outliers: tuple[int, ...]


def select(problem: Problem) -> Selected:
    """The model with the smallest differences on left-out patches, grown part by part from white balance."""
    first = candidate(problem, ("matrix",))
    outliers = _outliers(problem, first)
    if outliers:
        weights = problem.weights.copy()
        weights[list(outliers)] = 0.0
        problem = msgspec.structs.replace(problem, weights=weights)
        first = candidate(problem, ("matrix",))
    tried: list[Candidate] = []
    ends: list[Candidate] = []
    for base in BASES:
        some, end = _grown(problem, first if base == first.parts else candidate(problem, base))
        tried += some
        ends.append(end)
    best = min(ends, key=lambda one: _score(problem, one))
    return Selected(best=best, tried=tuple(tried), outliers=outliers)


def _grown(problem: Problem, base: Candidate) -> tuple[list[Candidate], Candidate]:
    """The base with each part in turn on top of the best so far, and the best in the end."""
    tried, best = [base], base
    for part in STEPS:
        kept = tuple(each for each in best.parts if each != REPLACES.get(part))
        grown = candidate(problem, (*kept, part), best.vector)
        tried.append(grown)
        gain = LIGHT_GAIN if part == "light" else GAIN
        if _score(problem, grown) < gain * _score(problem, best):
            best = grown
    return tried, best


def candidate(problem: Problem, parts: Sequence[str], start: Floats | None = None) -> Candidate:
    """The model of these parts, fitted to all patches and to all but each; `start` is where the search begins."""
    free = np.hstack([PARTS[part] for part in parts])
    vector = fit(problem, free, start)
    apart = fit_without_each(problem, free, vector)
    held_out = np.diagonal(evened_differences(problem, apart)).copy()
    return Candidate(
        parts=tuple(parts),
        vector=vector,
        shown=differences(problem, vector),
        evened=evened_differences(problem, vector),
        held_out=held_out,
    )


def _score(problem: Problem, one: Candidate) -> float:
    return float(one.held_out[problem.weights > 0].mean())


def _outliers(problem: Problem, one: Candidate) -> tuple[int, ...]:
    """The patches that a plain matrix cannot bring near, far beyond what is usual among the others."""
    trusted = problem.weights > 0
    found = one.held_out
    middle = float(np.median(found[trusted]))
    spread = 1.4826 * float(np.median(np.abs(found[trusted] - middle)))
    limit = max(OUTLIER_FROM, middle + OUTLIER * spread)
    worst = sorted((int(n) for n in np.flatnonzero(trusted & (found > limit))), key=lambda n: -found[n])
    return tuple(sorted(worst[:MOST_OUTLIERS]))
