"""Messages as pullers get them."""

from __future__ import annotations

from typing import Any

from localcloud.faults.decision import twin_id
from localcloud.pubsub.backlog import Entry
from localcloud.pubsub.protos import ReceivedMessage
from localcloud.pubsub.subscription import Subscription


def received(subscription: Subscription, entry: Entry, twin: int = 0) -> Any:
    """The ReceivedMessage of an entry that has just been taken, or its copy of that number under another id."""
    made = ReceivedMessage(ack_id=entry.ack_id, delivery_attempt=subscription.attempt(entry) or 0)
    made.message.MergeFromString(entry.message.body)
    made.message.message_id = twin_id(made.message.message_id, twin)
    return made
