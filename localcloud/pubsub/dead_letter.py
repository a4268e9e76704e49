"""What a message becomes when it is moved to a dead-letter topic."""

from __future__ import annotations

from typing import Any

from localcloud.pubsub.backlog import Entry
from localcloud.pubsub.names import project_of, short
from localcloud.pubsub.protos import PubsubMessage

_PREFIX = "CloudPubSubDeadLetterSource"


def dead_letter(entry: Entry, *, subscription: str) -> Any:
    """A PubsubMessage with the data, attributes and ordering key of `entry`, and where it comes from.

    The attributes added are CloudPubSubDeadLetterSource… DeliveryCount, Subscription, SubscriptionProject and
    TopicPublishTime; the delivery that has just failed is counted.
    """
    proto = PubsubMessage.FromString(entry.message.body)
    published = proto.publish_time.ToJsonString().removesuffix("Z") + "+00:00"
    proto.attributes[f"{_PREFIX}DeliveryCount"] = str(entry.failures + 1)
    proto.attributes[f"{_PREFIX}Subscription"] = short(subscription)
    proto.attributes[f"{_PREFIX}SubscriptionProject"] = project_of(subscription)
    proto.attributes[f"{_PREFIX}TopicPublishTime"] = published
    return proto
