"""Several photos of one lesion to one distribution over the labels, and how much the photos contradict each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

Distribution = tuple[float, ...]


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What the model said of one photo: a probability for each label, and the photo's quality, 0 to 100."""

    probabilities: Distribution
    quality: float


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """All photos together. `weights` sum to 1; `disagreement` is 0 where all say the same, 1 at most."""

    probabilities: Distribution
    weights: tuple[float, ...]
    disagreement: float

    @property
    def count(self) -> int:
        """How many photos it is of."""
        return len(self.weights)


def aggregate(opinions: Sequence[Opinion], *, least_weight: float) -> Aggregate:
    """The average of distributions over the same labels, weighted by quality, and their disagreement.

    A photo of quality 0 counts `least_weight`, one of 100 counts 1. Quality weighs photos of one lesion against each
    other and does nothing else: dark skin has low contrast, so a bound on quality would be one on people. Disagreement
    leaves it out, or a poor photo of something else would not be noticed. The opinions are at least one, and
    distributions (see `is_distribution`).
    """
    weights = [max(least_weight, _share(opinion.quality)) for opinion in opinions]
    total = math.fsum(weights)
    shares = tuple(weight / total for weight in weights)
    rows = [opinion.probabilities for opinion in opinions]
    return Aggregate(
        probabilities=_mixture(rows, shares),
        weights=shares,
        disagreement=disagreement(rows),
    )


def is_distribution(values: Sequence[float], *, labels: int, tolerance: float) -> bool:
    """Whether these are one finite probability of 0 to 1 for each label that sum to 1, give or take `tolerance`."""
    return (
        len(values) == labels
        and all(math.isfinite(value) and 0 <= value <= 1 for value in values)
        and abs(math.fsum(values) - 1) <= tolerance
    )


def disagreement(distributions: Sequence[Distribution]) -> float:
    """The Jensen-Shannon divergence of distributions with equal weights, as a share of its upper bound, log n.

    JS = H(mean of P) - mean of H(P), in nats (Lin 1991, Divergence measures based on the Shannon entropy, IEEE
    Transactions on Information Theory 37, 145-151). One distribution agrees with itself: 0.
    """
    count = len(distributions)
    if count < 2:
        return 0.0
    mean = _mixture(distributions, [1 / count] * count)
    divergence = _entropy(mean) - math.fsum(_entropy(one) for one in distributions) / count
    return min(1.0, max(0.0, divergence / math.log(count)))


def _mixture(rows: Sequence[Distribution], shares: Sequence[float]) -> Distribution:
    return tuple(
        min(1.0, math.fsum(share * value for share, value in zip(shares, column, strict=True)))
        for column in zip(*rows, strict=True)
    )


def _entropy(distribution: Sequence[float]) -> float:
    return -math.fsum(value * math.log(value) for value in distribution if value > 0)


def _share(quality: float) -> float:
    """A quality of 0 to 100 as 0 to 1; what is no number is nothing."""
    return min(100.0, max(0.0, quality)) / 100 if math.isfinite(quality) else 0.0
