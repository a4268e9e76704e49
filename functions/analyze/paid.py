"""Paid calls of one job: reserved before they are made, noted when they are begun and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.jobs.charges import name
from shared.jobs.protocol import Lost, Outcome

if TYPE_CHECKING:
    from shared.jobs.store import Claim, Jobs


class Meter:
    """The paid calls of one claim. Not shared between threads.

    Where the job is no longer this worker's, its methods raise `shared.jobs.protocol.Lost`: nothing may be called then.
    """

    def __init__(self, jobs: Jobs, claim: Claim, *, limit: int) -> None:
        """`limit`: micro-dollars that may be spent in a day, by all jobs together."""
        self._jobs = jobs
        self._claim = claim
        self._limit = limit
        self._names: dict[str, list[str]] = {}
        self._refused: set[str] = set()

    def answer(self, call: str) -> bytes | None:
        """What an earlier attempt was answered by this call; it need not be made again."""
        return self._jobs.answer(self._claim, call) if self._claim.fence > 1 else None

    def reserve(self, call: str, prices: Mapping[str, int]) -> Sequence[str]:
        """Set aside the prices (micro-dollars by feature), and answer for which features the day's budget has room."""
        outcome, features = self._jobs.reserve(self._claim, call, prices, limit=self._limit)
        _check(outcome)
        self._names[call] = [name(feature, call) for feature in features if prices[feature]]
        return features

    def begin(self, call: str) -> None:
        """The call is made next: from here on it counts as made, whatever becomes of this worker."""
        names = self._names[call]
        if names:
            self._refused.update(names)  # what cannot be noted is not called, whatever became of the note
            _check(self._jobs.begin_call(self._claim, names))
            self._refused.difference_update(names)

    def end(self, call: str, answer: bytes | None) -> None:
        """The call was answered; `answer` is kept for a later attempt, None is not."""
        if self._names[call]:
            _check(self._jobs.end_call(self._claim, self._names[call], call, answer))

    def refuse(self, call: str) -> None:
        """The service surely has not billed the call: its price goes back when the attempt ends."""
        self._refused.update(self._names[call])

    @property
    def refused(self) -> frozenset[str]:
        """The names of calls that were not billed, for the commit that ends the attempt."""
        return frozenset(self._refused)


def _check(outcome: Outcome) -> None:
    if outcome is not Outcome.HELD:
        raise Lost(outcome)
