"""The edge of a service: every call that enters one, and every call that one sends out, passes here by name.

Names are `service.Call`: `firestore.Commit`, `storage.objects.get`, `pubsub.push`; localcloud/faults/calls.py has them
all. Calls are counted here, and here is where rules make them fail before their effect, after their effect, or late.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from localcloud.faults.calls import CALLS
from localcloud.faults.decision import UNTOUCHED, Decision, Gone
from localcloud.faults.details import Describe, Details
from localcloud.faults.faults import Faults


class Edge:
    """Counts every call and lets it through, unless a rule of `faults` hits it."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.entered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()

    def serve(self, call: str) -> Describe:
        """A service answers calls of this name; returns what tells from a request what the call is about."""
        self.entered[call] += 0
        known = CALLS.get(call)
        return known.describe if known and known.describe else _nothing

    def around(self, call: str, details: Callable[[], Details] | None = None, *, gone: Gone | None = None) -> _Passage:
        """Wrap the effect of one call: `async with edge.around("firestore.Commit") as decision: effect()`.

        Raises Fault, which is an RpcError, before or after the block if a rule says so. What else the decision says,
        the block has to do.

        Args:
            call: its name.
            details: tells what it is about; asked only if there are rules that want to know.
            gone: returns when the caller does not wait any more; without it, a caller that gives up cancels the call.
        """
        return _Passage(self, call, details, gone)

    def clock(self, service: str) -> Callable[[], float]:
        """A service's clock: seconds since 1970, as far as no rule skews it."""
        call = f"{service}.clock"
        return lambda: time.time() + self.faults.skew(call)


def _nothing(_request: object) -> Details:
    return {}


class _Passage:
    """The way of one call through the edge."""

    __slots__ = ("_call", "_decision", "_details", "_edge", "_gone")

    def __init__(self, edge: Edge, call: str, details: Callable[[], Details] | None, gone: Gone | None) -> None:
        self._edge = edge
        self._call = call
        self._details = details
        self._gone = gone
        self._decision = UNTOUCHED

    async def __aenter__(self) -> Decision:
        edge, call = self._edge, self._call
        edge.entered[call] += 1
        decision = edge.faults.decide(call, self._details)
        if decision is not UNTOUCHED:
            edge.faulted[call] += 1
            self._decision = decision
            try:
                for step in decision.before:
                    await step(self._gone)
            except Exception:
                edge.failed[call] += 1
                raise
        return decision

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self._edge.failed[self._call] += 1
        elif error is None and self._decision is not UNTOUCHED:
            try:
                for step in self._decision.after:
                    await step(self._gone)
            except Exception:
                self._edge.failed[self._call] += 1
                raise
