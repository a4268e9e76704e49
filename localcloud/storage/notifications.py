"""Notifications: what a bucket's configurations ask for, and the messages that an event becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from localcloud.storage.errors import INVALID, Refusal
from localcloud.storage.objects import StoredObject
from localcloud.storage.times import rfc3339_fine

EventType = Literal["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE"]

_TOPIC = re.compile(r"(?://pubsub\.googleapis\.com/)?(projects/[^/]+/topics/[^/]+)")


class NotificationConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events of a bucket go where; the names are those of the JSON API."""

    topic: str
    event_types: list[EventType] = []
    object_name_prefix: str = ""
    custom_attributes: dict[str, str] = {}
    payload_format: Literal["JSON_API_V1", "NONE"] = "JSON_API_V1"

    def wants(self, event_type: str, name: str) -> bool:
        """Whether an event of the object called `name` is to be told."""
        return name.startswith(self.object_name_prefix) and (not self.event_types or event_type in self.event_types)

    def resource(self, base: str, bucket: str, number: int) -> dict[str, Any]:
        """The notification resource of the JSON API."""
        return {
            "kind": "storage#notification",
            "id": str(number),
            "selfLink": f"{base}/storage/v1/b/{bucket}/notificationConfigs/{number}",
            "etag": str(number),
            **msgspec.to_builtins(self),
            "topic": f"//pubsub.googleapis.com/{self.topic}",
            "payload_format": self.payload_format,
        }


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an object; `others` are attributes such as `overwroteGeneration`."""

    type: EventType
    about: StoredObject
    time: int
    others: dict[str, str] = {}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What goes to Pub/Sub; `topic` is `projects/P/topics/T`."""

    topic: str
    data: bytes
    attributes: dict[str, str]


def config_from(resource: Mapping[str, Any]) -> NotificationConfig:
    """The configuration that a notification resource describes. Raises Refusal 400 for what cannot be."""
    try:
        config = msgspec.convert(
            {name: value for name, value in resource.items() if value is not None}, NotificationConfig
        )
    except msgspec.ValidationError as error:
        raise Refusal(INVALID, f"Invalid notification: {error}") from error
    topic = _TOPIC.fullmatch(config.topic)
    if topic is None:
        raise Refusal(INVALID, "The topic is not of the form //pubsub.googleapis.com/projects/P/topics/T.")
    for name, value in config.custom_attributes.items():
        if not 0 < len(name.encode()) <= 256 or len(value.encode()) > 1024 or name.startswith("goog"):
            raise Refusal(INVALID, f"Pub/Sub takes no such attribute: '{name[:50]}'")
    return msgspec.structs.replace(config, topic=topic[1], event_types=sorted(set(config.event_types)))


def message(event: Event, number: int, config: NotificationConfig, base: str) -> Message:
    """The message that tells `event` to configuration `number` of its bucket."""
    about = event.about
    attributes = {
        **config.custom_attributes,
        "notificationConfig": f"projects/_/buckets/{about.bucket}/notificationConfigs/{number}",
        "eventType": event.type,
        "payloadFormat": config.payload_format,
        "bucketId": about.bucket,
        "objectId": about.name,
        "objectGeneration": str(about.generation),
        "eventTime": rfc3339_fine(event.time),
        **event.others,
    }
    payload = config.payload_format == "JSON_API_V1"
    data = msgspec.json.encode(about.resource(base)) if payload else b""
    return Message(topic=config.topic, data=data, attributes=attributes)
