"""From what the model said of each photo to what may be said to a person. Pure, and held by `policy-vectors.json`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from .aggregate import Aggregate, Opinion, aggregate, is_distribution
from .policy import Because, Policy, Verdict

SHOWN_STEPS = 10_000  # probabilities are told in hundredths of a percent, rounded down: 79.999 % is never "80 %"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said. `advice` and `disclaimers` are keys of the texts.

    `confidence` is the surest label's, 0 to 1, rounded down; 0 where the model's answer was none. `label` is None where
    the verdict is INCONCLUSIVE. `urgent`: a red flag asks for a clinician soon.
    """

    verdict: Verdict
    because: tuple[Because, ...]
    confidence: float
    label: str | None
    urgent: bool
    advice: tuple[str, ...]
    disclaimers: tuple[str, ...]
    aggregate: Aggregate | None


def decide(opinions: Sequence[Opinion], labels: Sequence[str], policy: Policy) -> Decision:
    """Hold what the model said of 1 to n photos to the policy. Nothing that a model could say raises.

    INCONCLUSIVE where the surest label is below `bounds.shown`, where photos contradict each other or labels tie, and
    where any photo's answer is not a distribution over the labels. SPECIFIC from `bounds.specific` on, but for labels
    without advice of their own.
    """
    broken = _broken(opinions, labels, policy)
    if broken:
        return _inconclusive(broken, policy)
    whole = aggregate(opinions, least_weight=policy.least_weight)
    ranked = sorted(range(len(labels)), key=lambda each: -whole.probabilities[each])
    surest, label = whole.probabilities[ranked[0]], labels[ranked[0]]
    lead = surest - whole.probabilities[ranked[1]]
    silenced = tuple(_silenced(surest, lead, whole, policy))
    if silenced:
        return _inconclusive(silenced, policy, whole)
    own = policy.specific.get(label, ())
    sure = surest >= policy.bounds.specific
    verdict = Verdict.SPECIFIC if sure and own else Verdict.GENERIC
    urgent = _urgent(label, labels, whole, policy)
    return Decision(
        verdict=verdict,
        because=(Because.NO_ADVICE,) if sure and not own else (),
        confidence=rounded_down(surest),
        label=label,
        urgent=urgent,
        advice=(
            *(policy.red_flag if urgent else ()),
            *(own if verdict is Verdict.SPECIFIC else policy.generic),
            *policy.always,
        ),
        disclaimers=policy.disclaimers,
        aggregate=whole,
    )


def rounded_down(probability: float) -> float:
    """As it may be told: never more than it is."""
    return math.floor(probability * SHOWN_STEPS) / SHOWN_STEPS


def _broken(opinions: Sequence[Opinion], labels: Sequence[str], policy: Policy) -> tuple[Because, ...]:
    if len(labels) < policy.min_labels:
        return (Because.ONE_LABEL,)
    good = all(
        is_distribution(opinion.probabilities, labels=len(labels), tolerance=policy.sum_tolerance)
        for opinion in opinions
    )
    return () if good and opinions else (Because.NOT_PROBABILITIES,)


def _silenced(surest: float, lead: float, whole: Aggregate, policy: Policy) -> Iterator[Because]:
    if surest < policy.bounds.shown:
        yield Because.LOW_CONFIDENCE
    if whole.disagreement > policy.max_disagreement:
        yield Because.DISAGREEMENT
    if lead <= policy.tie_margin:
        yield Because.TIE


def _urgent(label: str, labels: Sequence[str], whole: Aggregate, policy: Policy) -> bool:
    flagged = policy.red_flags.labels
    share = math.fsum(p for p, each in zip(whole.probabilities, labels, strict=True) if each in flagged)
    return label in flagged or share >= policy.red_flags.share


def _inconclusive(because: tuple[Because, ...], policy: Policy, whole: Aggregate | None = None) -> Decision:
    return Decision(
        verdict=Verdict.INCONCLUSIVE,
        because=because,
        confidence=rounded_down(max(whole.probabilities)) if whole else 0.0,
        label=None,
        urgent=False,
        advice=(),
        disclaimers=policy.disclaimers,
        aggregate=whole,
    )
