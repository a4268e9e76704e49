"""What a subscription holds: how much, and for how long."""

from __future__ import annotations

import msgspec

from localcloud.pubsub.subscription import Subscription


class Waiting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Messages that are not acknowledged, and how long the oldest of them has waited (seconds)."""

    name: str
    messages: int
    oldest_seconds: float


def waiting(subscription: Subscription, now: float) -> Waiting:
    """What the subscription holds at `now` (seconds since 1970)."""
    backlog = subscription.backlog
    oldest = min((entry.message.published for entry in backlog), default=now)
    name = subscription.name.rpartition("/")[2]
    return Waiting(name=name, messages=len(backlog), oldest_seconds=round(max(0.0, now - oldest), 3))
