"""Messages as they come in: what may be published, and what is kept of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.pubsub.refusals import invalid

REQUEST_LIMIT = 10 * 1024 * 1024  # bytes of one publish request, and so of one message
MESSAGES_LIMIT = 1000
ATTRIBUTES_LIMIT = 100
KEY_LIMIT = 256  # bytes
VALUE_LIMIT = 1024  # bytes
ORDERING_KEY_LIMIT = 1024  # bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A published message: its serialised PubsubMessage, shared by all the subscriptions that want it."""

    body: bytes
    ordering_key: str
    published: float  # seconds since 1970


class Ids:
    """Numbers that only grow, also from one start to the next: microseconds since 1970, or one more than the last."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A number never given before."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def skip(self, used: int) -> None:
        """Never give `used` or anything below it."""
        self._last = max(self._last, used)


def stamp(proto: Any, number: int, *, now: float) -> Message:
    """Give a PubsubMessage its id and time of publication (whole milliseconds, as Google's), and keep it."""
    milliseconds = int(now * 1000)
    proto.message_id = str(number)
    proto.publish_time.FromMilliseconds(milliseconds)
    return Message(
        body=proto.SerializeToString(),
        ordering_key=proto.ordering_key,
        published=milliseconds / 1000,
    )


def check_publish(messages: Sequence[Any], size: int) -> None:
    """Refuse what Google refuses, with RpcError INVALID_ARGUMENT. `size` is that of the request in bytes."""
    if size > REQUEST_LIMIT:
        raise invalid(f"Request payload size exceeds the limit: {REQUEST_LIMIT} bytes.")
    if not 1 <= len(messages) <= MESSAGES_LIMIT:
        raise invalid(f"A publish request holds 1 to {MESSAGES_LIMIT} messages, not {len(messages)}.")
    for message in messages:
        if not message.data and not message.attributes:
            raise invalid("Some messages have neither data nor attributes; a message must have one of them.")
        if len(message.ordering_key.encode()) > ORDERING_KEY_LIMIT:
            raise invalid(f"An ordering key is longer than {ORDERING_KEY_LIMIT} bytes.")
        if message.attributes:
            _check_attributes(message.attributes)


def _check_attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > ATTRIBUTES_LIMIT:
        raise invalid(f"A message has {len(attributes)} attributes; the limit is {ATTRIBUTES_LIMIT}.")
    for key, value in attributes.items():
        if not 1 <= len(key.encode()) <= KEY_LIMIT:
            raise invalid(f"The key of an attribute has 1 to {KEY_LIMIT} bytes; one has {len(key.encode())}.")
        if key.startswith("goog"):
            raise invalid(f"The key of an attribute must not start with `goog`: {key}.")
        if len(value.encode()) > VALUE_LIMIT:
            raise invalid(f"The value of an attribute has at most {VALUE_LIMIT} bytes: {key} has more.")
