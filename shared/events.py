"""What Pub/Sub pushes: the raw envelope, and the Cloud Storage notification inside it; and such a notification of ours.

Parsed here and not by functions-framework, whose conversion drops `deliveryAttempt` and `subscription`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from shared.errors import InvalidArgument
from shared.jobs.protocol import Arrival

FINALIZE: Final = "OBJECT_FINALIZE"


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The Pub/Sub message of a push."""

    message_id: str
    attributes: dict[str, str] = {}
    data: bytes = b""  # base64 in the envelope


class Push(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A push: the message, the subscription it came by, and how often it has been tried (dead-lettering only)."""

    message: Message
    subscription: str
    delivery_attempt: int | None = None


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The part of an object resource that a notification is read for."""

    size: str = "0"
    content_type: str = ""
    metadata: dict[str, str] = {}


def parse_push(body: bytes) -> Push:
    """The envelope of a push request. Raises InvalidArgument PUSH_MALFORMED."""
    try:
        return msgspec.json.decode(body, type=Push)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(
            "PUSH_MALFORMED", "This is not a Pub/Sub push: send the wrapped JSON envelope.", internal=str(error)
        ) from error


def finalized(message: Message) -> Arrival | None:
    """The uploaded object that a notification speaks of; None for any other event. Raises InvalidArgument."""
    attributes = message.attributes
    if attributes.get("eventType") != FINALIZE:
        return None
    try:
        about = msgspec.json.decode(message.data, type=_Object) if message.data else _Object()
        return Arrival(
            bucket=attributes["bucketId"],
            name=attributes["objectId"],
            generation=int(attributes["objectGeneration"]),
            size=int(about.size),
            content_type=about.content_type,
            time=_time(attributes.get("eventTime", "")),
            trace=about.metadata.get("traceparent", ""),
        )
    except (KeyError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise InvalidArgument(
            "NOTIFICATION_MALFORMED", "This is not a Cloud Storage notification.", internal=repr(error)
        ) from error


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def notification(arrival: Arrival, *, priority: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What Cloud Storage would tell of an uploaded object, to have it delivered again: the payload, and attributes."""
    payload: dict[str, Any] = {"name": arrival.name, "size": str(arrival.size), "contentType": arrival.content_type}
    if arrival.trace:
        payload["metadata"] = {"traceparent": arrival.trace}
    attributes = {
        "eventType": FINALIZE,
        "payloadFormat": "JSON_API_V1",
        "bucketId": arrival.bucket,
        "objectId": arrival.name,
        "objectGeneration": str(arrival.generation),
        "priority": priority,
    }
    return payload, attributes
