"""Messages as pullers get them."""

from __future__ import annotations

from typing import Any

from localcloud.pubsub.backlog import Entry
from localcloud.pubsub.protos import ReceivedMessage
from localcloud.pubsub.subscription import Subscription


def received(subscription: Subscription, entry: Entry) -> Any:
    """The ReceivedMessage of an entry that has just been taken."""
    made = ReceivedMessage(ack_id=entry.ack_id, delivery_attempt=subscription.attempt(entry) or 0)
    made.message.MergeFromString(entry.message.body)
    return made
