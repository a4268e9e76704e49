"""How a running stack does: the numbers of its console."""

from __future__ import annotations

import httpx
import msgspec

from localcloud.supervisor.state import Running
from loupe.client.answers import body_of
from loupe.client.phone import reaching

TIMEOUT = 5.0  # seconds


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One metric with one set of labels; percentiles (of the latest values) only where they are wanted."""

    name: str
    labels: dict[str, str]
    count: int
    sum: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a subscription holds that is not acknowledged."""

    name: str
    messages: int
    oldest_seconds: float


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything since the stack was started."""

    metrics: tuple[Row, ...]
    subscriptions: tuple[Held, ...]

    def of(self, name: str) -> tuple[Row, ...]:
        """The rows of one metric."""
        return tuple(row for row in self.metrics if row.name == name)


def read(running: Running) -> Numbers:
    """The numbers as they are now. Raises LoupeError where the console does not answer."""
    with reaching("console"), httpx.Client(trust_env=False, timeout=TIMEOUT) as http:
        return msgspec.convert(body_of(http.get(f"{running.urls['console']}/metrics.json")), Numbers)
