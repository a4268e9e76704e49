"""A rule at work: it counts the calls it sees and decides which of them it hits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

import msgspec

from localcloud.faults.befall import befall, wait
from localcloud.faults.decision import Decision
from localcloud.faults.details import Details
from localcloud.faults.effects import Skew
from localcloud.faults.gate import Gate
from localcloud.faults.rule import Rule


class Armed:
    """One rule under an id. `seen` calls were asked about, `hits` of them were hit."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.id = f"f{number}"
        self.rule = rule
        self.seen = 0
        self.hits = 0
        self.removed = asyncio.Event()
        # How often a rule hits is left out, so that the hits of a rarer or shorter one are among these.
        self._key = msgspec.json.encode(msgspec.structs.replace(rule, p=1.0, count=None, after=0)).decode()
        self._gate: Gate | None = None

    def draw(self, details: Callable[[], Details] | None) -> random.Random | None:
        """The random numbers of a hit, or None if this call is spared."""
        rule = self.rule
        if rule.match and not (details and _matches(rule.match, details())):
            return None
        self.seen += 1
        spent = rule.count is not None and self.hits >= rule.count
        if self.seen <= rule.after or spent:
            return None
        numbers = random.Random(f"{self._key}{self.seen}")  # noqa: S311 - not for secrets: it has to be the same again
        if numbers.random() >= rule.p:
            return None
        self.hits += 1
        return numbers

    def add_to(self, decision: Decision, call: str, numbers: random.Random) -> bool:
        """Do to a call what the rule says; whether that leaves something for other rules to do."""
        rule = self.rule
        if rule.delay_ms is not None:
            steps = decision.after if rule.applied else decision.before
            steps.append(wait(rule.delay_ms.at(numbers.random()) / 1000, self))
        if rule.effect is None:
            return True
        befall(rule.effect, self, decision, call)
        decision.cut_after |= rule.applied and rule.effect.ends
        return not rule.effect.ends

    def skew(self, numbers: random.Random) -> float:
        """The seconds by which a clock is ahead."""
        effect = self.rule.effect
        return effect.seconds.at(numbers.random()) if isinstance(effect, Skew) else 0.0

    def gate(self, *, window: int, within: float) -> Gate:
        """Where the calls of a reordering rule wait for each other, at most `within` seconds."""
        if self._gate is None:
            self._gate = Gate(window=window, within=within, seed=self._key)
        return self._gate

    def disarm(self) -> None:
        """It is over: whoever is held up because of this rule goes on."""
        self.removed.set()
        if self._gate is not None:
            self._gate.open()


def _matches(wanted: Mapping[str, str], details: Details) -> bool:
    return all(any(value.startswith(prefix) for value in details[name]) for name, prefix in wanted.items())
