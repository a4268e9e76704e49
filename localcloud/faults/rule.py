"""A rule: which calls it is for, what befalls them, and how often."""

from __future__ import annotations

from typing import Annotated

import msgspec

from localcloud.faults.calls import CALLS, DELAY, matching
from localcloud.faults.codes import parse_code
from localcloud.faults.effects import LONGEST_MS, Effect, Error, Span

Count = Annotated[int, msgspec.Meta(ge=1)]


class RuleError(ValueError):
    """A rule that cannot be; the text says why, and what there is instead."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """What is to befall some calls.

    A rule with the same seed that sees the same calls in the same order hits the same ones.

    Attributes:
        call: a name such as `firestore.Commit`, or a glob such as `storage.*`.
        effect: what befalls the call; without one the call is only late.
        delay_ms: how long the call is held up before that, in milliseconds.
        applied: delay and effect come after what the call does, and before its caller is told.
        p: the probability that a call is hit.
        count: how many calls are hit at most.
        after: how many calls of that name pass before the first can be hit.
        seed: where the random numbers begin.
        match: prefixes of details, such as `{"document": "jobs/"}`; calls without them are not counted.
    """

    call: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    effect: Effect | None = None
    delay_ms: Span | None = None
    applied: bool = False
    p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    count: Count | None = None
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    seed: int = 0
    match: dict[str, str] = {}

    @property
    def effects(self) -> tuple[str, ...]:
        """The kinds that the calls have to be able to take."""
        return ((self.effect.name,) if self.effect else ()) + ((DELAY,) if self.delay_ms else ())


def targets(rule: Rule) -> list[str]:
    """The names of the calls that a rule is for. Raises RuleError if it makes no sense for any call."""
    _check_sense(rule)
    try:
        names = matching(rule.call)
    except ValueError as error:
        raise RuleError(str(error)) from error
    able = [name for name in names if CALLS[name].effects.issuperset(rule.effects)]
    if not able:
        can = sorted(set[str]().union(*(CALLS[name].effects for name in names)))
        raise RuleError(f"{rule.call} cannot take {' with '.join(rule.effects)}. It can take: {', '.join(can)}")
    matched = [name for name in able if rule.match.keys() <= set(CALLS[name].details)]
    if not matched:
        known = sorted(set[str]().union(*(CALLS[name].details for name in able)))
        there = f"These are: {', '.join(known)}" if known else "It has none."
        raise RuleError(f"{rule.call} has no such details as {', '.join(rule.match)}. {there}")
    return matched


def _check_sense(rule: Rule) -> None:
    if rule.effect is None and rule.delay_ms is None:
        raise RuleError("The rule says nothing that is to happen: it has neither an effect nor a delay.")
    if rule.applied and rule.effect is not None and not rule.effect.sided:
        raise RuleError(f"{rule.effect.name} cannot be applied: there is no before and after to it.")
    if rule.delay_ms is not None and not 0 <= rule.delay_ms.low <= rule.delay_ms.high <= LONGEST_MS:
        raise RuleError(f"A delay is 0 to {LONGEST_MS} ms long.")
    if isinstance(rule.effect, Error):
        try:
            parse_code(rule.effect.code)
        except ValueError as error:
            raise RuleError(str(error)) from error
