"""How far two versions of a model say the same. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from ..kinds.port import Box, Detection

OVERLAP: Final = 0.5  # intersection over union from which two boxes are of the same thing


class Said(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one version said of a picture: its first answer, and all of it."""

    top: str
    score: float
    probabilities: tuple[float, ...] = ()
    found: tuple[Detection, ...] = ()


class Compared(Protocol):
    """A job that both versions were asked about, as `shadow.Row` has it."""

    @property
    def pictures(self) -> Sequence[Any]:
        """What both said of each picture."""

    @property
    def agreement(self) -> float | None:
        """0 to 1; None where the candidate failed."""

    @property
    def stable_ms(self) -> float:
        """Milliseconds for one picture."""

    @property
    def candidate_ms(self) -> float:
        """Milliseconds for one picture."""


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All comparisons of two versions. `confusion` counts pictures by the first answer of stable and of candidate."""

    jobs: int
    failed: int
    agreement: float | None
    confusion: dict[str, dict[str, int]]
    largest_difference: float | None
    stable_ms: dict[str, float]
    candidate_ms: dict[str, float]


def agreement(one: Said, two: Said) -> float:
    """0 to 1: the same first answer; of detections, the share that both found (F1 at an overlap of one half)."""
    if one.probabilities or two.probabilities:
        return float(one.top == two.top)
    if not one.found and not two.found:
        return 1.0
    return 2 * _matches(one.found, two.found) / (len(one.found) + len(two.found))


def summary(rows: Sequence[Compared]) -> Summary:
    """The comparisons in figures."""
    answered = [row for row in rows if row.agreement is not None]
    pictures = [picture for row in answered for picture in row.pictures]
    confusion: dict[str, Counter[str]] = {}
    for picture in pictures:
        confusion.setdefault(picture.stable.top, Counter())[picture.candidate.top] += 1
    differences = [
        abs(a - b)
        for picture in pictures
        if len(picture.stable.probabilities) == len(picture.candidate.probabilities)
        for a, b in zip(picture.stable.probabilities, picture.candidate.probabilities, strict=True)
    ]
    agreed = [row.agreement for row in answered if row.agreement is not None]
    return Summary(
        jobs=len(answered),
        failed=len(rows) - len(answered),
        agreement=round(statistics.fmean(agreed), 6) if agreed else None,
        confusion={top: dict(counts) for top, counts in sorted(confusion.items())},
        largest_difference=round(max(differences), 6) if differences else None,
        stable_ms=_latency([row.stable_ms for row in answered]),
        candidate_ms=_latency([row.candidate_ms for row in answered]),
    )


def refusal(found: Summary, *, least: float, jobs: int) -> str:
    """Why a candidate is not to be promoted: too few jobs, failures, or too little agreement; empty where it may."""
    if found.failed:
        return f"it failed on {found.failed} of {found.jobs + found.failed} jobs"
    if found.jobs < jobs:
        return f"it was compared on {found.jobs} jobs; {jobs} are asked for"
    if found.agreement is None or found.agreement < least:
        return f"it agrees with the stable version on {found.agreement or 0:.1%} of {found.jobs} jobs; not {least:.1%}"
    return ""


def _matches(some: Sequence[Detection], others: Sequence[Detection]) -> int:
    free = list(others)
    count = 0
    for one in some:
        match = next((two for two in free if two.label == one.label and _overlap(one.box, two.box) >= OVERLAP), None)
        if match is not None:
            free.remove(match)
            count += 1
    return count


def _overlap(one: Box, two: Box) -> float:
    width = min(one.left + one.width, two.left + two.width) - max(one.left, two.left)
    height = min(one.top + one.height, two.top + two.height) - max(one.top, two.top)
    inner = max(0.0, width) * max(0.0, height)
    area = one.width * one.height + two.width * two.height - inner
    return inner / area if area > 0 else 0.0


def _latency(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    return {"median": round(statistics.median(ordered), 3), "p90": round(ordered[int(0.9 * (len(ordered) - 1))], 3)}
