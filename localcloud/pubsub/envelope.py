"""The JSON body of a push."""

from __future__ import annotations

import base64
import json
from typing import Any

from localcloud.faults.decision import twin_id
from localcloud.pubsub.protos import PubsubMessage


def envelope(body: bytes, *, subscription: str, attempt: int | None, twin: int = 0) -> bytes:
    """What Google sends for a serialised PubsubMessage: empty fields left out, id and time in both spellings.

    `attempt` is the number of the delivery; None leaves `deliveryAttempt` out. `twin` is the number of a copy under
    another id, 0 for the message itself.
    """
    proto = PubsubMessage.FromString(body)
    published = proto.publish_time.ToJsonString()
    message: dict[str, Any] = {}
    if proto.attributes:
        message["attributes"] = dict(proto.attributes)
    if proto.data:
        message["data"] = base64.b64encode(proto.data).decode()
    message_id = twin_id(proto.message_id, twin)
    message |= {"messageId": message_id, "message_id": message_id}
    if proto.ordering_key:
        message["orderingKey"] = proto.ordering_key
    message |= {"publishTime": published, "publish_time": published}
    pushed: dict[str, Any] = {"message": message, "subscription": subscription}
    if attempt is not None:
        pushed["deliveryAttempt"] = attempt
    return json.dumps(pushed).encode()
