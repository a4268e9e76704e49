"""Metrics to a judgement: is anything to be seen, how usable is it, and what should be better."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model.quality import Policy, Rule

from .verdict import Quality, Remark


def emptiness(metrics: Mapping[str, float], policy: Policy) -> str | None:
    """What is wrong with a photo that shows nothing; None where it shows something."""
    for way in policy.empty:
        if all(condition.holds(metrics[condition.metric]) for condition in way.conditions):
            return way.message
    return None


def grade(metrics: Mapping[str, float], policy: Policy, kind: str = "") -> tuple[Quality, tuple[Remark, ...]]:
    """The score, which is that of the worst rule, and one warning for each reason that fired.

    Without a kind every rule is asked.
    """
    asked = [rule for rule in policy.asked(kind) if all(part.holds(metrics[part.metric]) for part in rule.when)]
    fired = dict.fromkeys(rule.reason for rule in asked if points(rule, metrics[rule.metric]) < 50)
    score = min((points(rule, metrics[rule.metric]) for rule in asked), default=100)
    quality = Quality(score=score, metrics=dict(metrics), policy_version=policy.version)
    return quality, tuple(Remark(reason=reason, message=policy.retake[reason]) for reason in fired)


def points(rule: Rule, value: float) -> int:
    """0 at the rule's worst value, 50 where it stops to warn, 100 from its good value on; straight in between."""
    low, middle, high = (-bound if rule.worst > rule.good else bound for bound in (rule.worst, rule.warn, rule.good))
    value = -value if rule.worst > rule.good else value
    if value < middle:
        return min(49, int(50 * max(0.0, value - low) / (middle - low)))
    return 50 + int(50 * min(high - middle, value - middle) / (high - middle))
