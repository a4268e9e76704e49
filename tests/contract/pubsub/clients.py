"""Google's Pub/Sub clients, connected to a local cloud."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.pubsub_v1 import PublisherClient as PlainPublisherClient
from google.pubsub_v1 import ReceivedMessage

PULL_MARGIN = 0.2  # seconds before its deadline that an unsuccessful pull is answered


@dataclass
class Clients:
    """A project of its own for a test, and what a program does in it."""

    publisher: pubsub_v1.PublisherClient
    subscriber: pubsub_v1.SubscriberClient
    project: str = field(default_factory=lambda: f"demo-{uuid.uuid4().hex[:12]}")

    def path(self, collection: str, name: str) -> str:
        return f"projects/{self.project}/{collection}/{name}"

    def topic(self, name: str = "photos", **settings: Any) -> str:
        """Creates a topic and returns its full name."""
        return self.publisher.create_topic(request={"name": self.path("topics", name), **settings}, retry=None).name

    def subscription(self, topic: str, name: str = "reader", **settings: Any) -> str:
        """Creates a subscription and returns its full name."""
        request = {"name": self.path("subscriptions", name), "topic": topic, **settings}
        return self.subscriber.create_subscription(request=request, retry=None).name

    def publish(self, topic: str, *data: bytes, key: str = "", **attributes: str) -> list[str]:
        """One request with a message for each of `data`; returns their ids."""
        messages = [{"data": one, "attributes": attributes, "ordering_key": key} for one in data]
        return self.send(topic, messages)

    def send(self, topic: str, messages: list[Any]) -> list[str]:
        """One request with just these messages."""
        request = {"topic": topic, "messages": messages}
        return list(PlainPublisherClient.publish(self.publisher, request=request, retry=None).message_ids)

    def pull(self, subscription: str, limit: int = 100, *, wait: float = 5.0) -> list[ReceivedMessage]:
        """What there is, or else what comes within `wait` seconds."""
        request = {"subscription": subscription, "max_messages": limit}
        return list(self.subscriber.pull(request=request, timeout=wait + PULL_MARGIN, retry=None).received_messages)

    def nothing_comes(self, subscription: str, *, within: float = 0.2) -> bool:
        return self.pull(subscription, wait=within) == []

    def acknowledge(self, subscription: str, *received: ReceivedMessage) -> None:
        ids = [message.ack_id for message in received]
        self.subscriber.acknowledge(request={"subscription": subscription, "ack_ids": ids}, retry=None)

    def give(self, subscription: str, seconds: int, *received: ReceivedMessage) -> None:
        """Sets the ack deadline of messages; 0 refuses them."""
        ids = [message.ack_id for message in received]
        request = {"subscription": subscription, "ack_ids": ids, "ack_deadline_seconds": seconds}
        self.subscriber.modify_ack_deadline(request=request, retry=None)

    @contextlib.contextmanager
    def receiving(self, subscription: str, callback: Callable[[Any], object], **options: Any) -> Iterator[Any]:
        """The client library's streaming pull, until the end of the block."""
        future = self.subscriber.subscribe(subscription, callback=callback, **options)
        try:
            yield future
        finally:
            future.cancel()
            future.result(timeout=5)


def data(received: list[ReceivedMessage]) -> list[bytes]:
    return [one.message.data for one in received]


@contextlib.contextmanager
def connected(address: str) -> Iterator[Clients]:
    """Clients for the service at `host:port`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", address)
        publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    try:
        yield Clients(publisher, subscriber)
    finally:
        publisher.stop()
        publisher.transport.close()
        subscriber.close()


@contextlib.contextmanager
def refused(error: type[exceptions.GoogleAPICallError], match: str | None = None) -> Iterator[None]:
    """The call inside is refused with that status."""
    with pytest.raises(error, match=match) as caught:
        yield
    assert type(caught.value) is error


def eventually(happened: Callable[[], object], *, within: float = 5.0) -> None:
    """Returns as soon as `happened()` is true; fails if that takes too long."""
    end = time.monotonic() + within
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
