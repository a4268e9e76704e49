"""The rules that are in force, and what they decide about each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from localcloud.faults.armed import Armed
from localcloud.faults.decision import UNTOUCHED, Decision
from localcloud.faults.details import Details
from localcloud.faults.rule import Rule, RuleError, targets

MOST: Final = 1000  # rules at the same time


class Faults:
    """No rules at first; then nothing befalls any call. To be used in the event loop's thread only."""

    def __init__(self) -> None:
        self._armed: dict[str, Armed] = {}
        self._by_call: dict[str, list[Armed]] = {}
        self._number = 0

    def add(self, rule: Rule) -> Armed:
        """Put a rule in force, after those that are. Raises RuleError if it makes no sense."""
        try:
            checked = msgspec.convert(msgspec.to_builtins(rule), Rule)
        except msgspec.ValidationError as error:
            raise RuleError(str(error)) from error
        names = targets(checked)
        if len(self._armed) >= MOST:
            raise RuleError(f"There are {MOST} rules already; remove some.")
        self._number += 1
        armed = Armed(self._number, checked)
        self._armed[armed.id] = armed
        for name in names:
            self._by_call.setdefault(name, []).append(armed)
        return armed

    def rules(self) -> list[Armed]:
        """The rules in force, in the order in which calls are put to them."""
        return list(self._armed.values())

    def remove(self, rule_id: str) -> None:
        """Take a rule out of force. Raises KeyError if there is none of that id."""
        armed = self._armed.pop(rule_id)
        rest = {call: [one for one in rules if one is not armed] for call, rules in self._by_call.items()}
        self._by_call = {call: rules for call, rules in rest.items() if rules}
        armed.disarm()

    def clear(self) -> int:
        """Take all rules out of force; how many there were."""
        count = len(self._armed)
        for rule_id in list(self._armed):
            self.remove(rule_id)
        return count

    def decide(self, call: str, details: Callable[[], Details] | None) -> Decision:
        """What is to befall a call. Rules are asked in their order, up to the first that ends the call."""
        rules = self._by_call.get(call)
        if rules is None:
            return UNTOUCHED
        decision = UNTOUCHED
        for armed in rules:
            numbers = armed.draw(details)
            if numbers is not None:
                decision = Decision() if decision is UNTOUCHED else decision
                if not armed.add_to(decision, call, numbers):
                    break
        return decision

    def skew(self, clock: str) -> float:
        """By how many seconds a clock, such as `storage.clock`, is ahead at this reading."""
        rules = self._by_call.get(clock)
        if rules is None:
            return 0.0
        hits = ((armed, armed.draw(None)) for armed in rules)
        return sum(armed.skew(numbers) for armed, numbers in hits if numbers is not None)
