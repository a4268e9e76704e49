"""From an upload to a Pub/Sub subscriber, through both Google client libraries."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from tests.running import LocalCloud

TOPIC = "projects/demo-loupe/topics/photos"
SUBSCRIPTION = "projects/demo-loupe/subscriptions/photos"


@pytest.fixture
def both(tmp_path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(data=tmp_path, only="storage,pubsub").start()
    yield cloud
    if cloud.process.poll() is None:
        cloud.stop()


@contextlib.contextmanager
def bucket_of(cloud: LocalCloud, name: str) -> Iterator[storage.Bucket]:
    client = storage.Client(
        project="demo-loupe",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": cloud.ports.url("storage")},
    )
    with contextlib.closing(client):
        yield client.bucket(name)


@contextlib.contextmanager
def subscriber_of(cloud: LocalCloud) -> Iterator[pubsub_v1.SubscriberClient]:
    with grpc.insecure_channel(cloud.ports.address("pubsub")) as channel:
        yield pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


def subscribe(cloud: LocalCloud) -> None:
    with grpc.insecure_channel(cloud.ports.address("pubsub")) as channel:
        publisher = pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        publisher.create_topic(name=TOPIC)
        publisher.stop()
    with subscriber_of(cloud) as subscriber:
        subscriber.create_subscription(
            request={"name": SUBSCRIPTION, "topic": TOPIC, "filter": 'attributes.priority = "high"'}
        )


def heard(cloud: LocalCloud, wanted: int) -> dict:
    """The last message of each object, once there are as many objects as wanted: at least once is not once."""
    got = {}
    with subscriber_of(cloud) as subscriber:
        while len(got) < wanted:
            answer = subscriber.pull(subscription=SUBSCRIPTION, max_messages=100, timeout=10)
            got |= {received.message.attributes["objectId"]: received.message for received in answer.received_messages}
            if answer.received_messages:
                acks = [message.ack_id for message in answer.received_messages]
                subscriber.acknowledge(subscription=SUBSCRIPTION, ack_ids=acks)
    return got


def test_a_subscriber_hears_of_an_upload_and_a_kill_in_between_loses_nothing(both):
    subscribe(both)
    with bucket_of(both, "photos") as bucket:
        bucket.create()
        bucket.notification(
            topic_name="photos",
            topic_project="demo-loupe",
            custom_attributes={"priority": "high"},
            event_types=["OBJECT_FINALIZE"],
            blob_name_prefix="high/",
            payload_format="JSON_API_V1",
        ).create()
        bucket.blob("normal/0").upload_from_string(b"x")
        bucket.blob("high/0").upload_from_string(b"photo", content_type="image/jpeg")
        generation = str(bucket.get_blob("high/0").generation)
        message = heard(both, 1)["high/0"]
        assert message.attributes["objectGeneration"] == generation
        assert json.loads(message.data)["contentType"] == "image/jpeg"
        for number in range(1, 11):
            bucket.blob(f"high/{number}").upload_from_string(b"photo")
    both.stop(signal.SIGKILL)
    both.start()
    assert heard(both, 10).keys() == {f"high/{number}" for number in range(1, 11)}
