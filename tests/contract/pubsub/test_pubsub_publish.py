import grpc
import pytest
from google.api_core import exceptions
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from tests.contract.pubsub.clients import data, refused


def test_a_published_message_arrives_with_all_that_it_was_given(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    (number,) = pubsub.publish(topic, b"\x00photo\xff", key="k", kind="inspection", empty="")
    (received,) = pubsub.pull(subscription)
    message = received.message
    assert (message.data, message.message_id, message.ordering_key) == (b"\x00photo\xff", number, "k")
    assert dict(message.attributes) == {"kind": "inspection", "empty": ""}
    assert message.publish_time.microsecond % 1000 == 0
    assert received.delivery_attempt == 0


def test_ids_grow_and_are_never_given_twice(pubsub):
    topic = pubsub.topic()
    numbers = [int(number) for _ in range(3) for number in pubsub.publish(topic, *[b"x"] * 50)]
    assert numbers == sorted(set(numbers))


def test_the_client_library_publishes_in_batches(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    futures = [pubsub.publisher.publish(topic, str(number).encode(), n=str(number)) for number in range(300)]
    assert len({future.result(timeout=10) for future in futures}) == 300
    received = pubsub.pull(subscription, limit=300)
    assert {one.message.attributes["n"].encode() for one in received} == set(data(received))
    assert len(received) == 300


def test_every_subscription_gets_its_own_copy(pubsub):
    topic = pubsub.topic()
    readers = [pubsub.subscription(topic, f"reader-{number}") for number in range(3)]
    pubsub.publish(topic, b"x")
    for reader in readers:
        (received,) = pubsub.pull(reader)
        pubsub.acknowledge(reader, received)


def test_what_is_published_before_a_subscription_exists_is_not_kept_for_it(pubsub):
    topic = pubsub.topic()
    pubsub.publish(topic, b"early")
    subscription = pubsub.subscription(topic)
    assert pubsub.nothing_comes(subscription)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{}],
        [{"data": b"good"}, {"data": b""}],
        [{"data": b"", "ordering_key": "k"}],
        [{"data": b"x"}] * 1001,
        [{"attributes": {f"k{number}": "" for number in range(101)}}],
        [{"attributes": {"k" * 257: ""}}],
        [{"attributes": {"k": "v" * 1025}}],
        [{"attributes": {"k": "é" * 513}}],
        [{"attributes": {"": "v"}}],
        [{"attributes": {"googclient": "v"}}],
        [{"data": b"x", "ordering_key": "k" * 1025}],
        [{"data": b"x" * (10 * 1024 * 1024)}],
        [{"data": b"x" * (4 * 1024 * 1024)}] * 3,
    ],
    ids=lambda messages: f"{len(messages)} of {str(messages)[:40]}",
)
def test_what_may_not_be_published_is_refused_as_a_whole(pubsub, messages):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    with refused(exceptions.InvalidArgument):
        pubsub.send(topic, messages)
    assert pubsub.nothing_comes(subscription, within=0.05)


def test_what_may_just_be_published_is_taken(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    attributes = {f"{number:03}".rjust(256, "k"): "v" * 1024 for number in range(100)}
    pubsub.send(topic, [{"attributes": attributes, "ordering_key": "k" * 1024}])
    (received,) = pubsub.pull(subscription)
    assert dict(received.message.attributes) == attributes


def test_a_message_may_have_nearly_ten_megabytes(pubsub, cloud):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    size = 10 * 1024 * 1024 - 200
    pubsub.publish(topic, b"small", b"x" * (2 * 1024 * 1024), b"x" * (2 * 1024 * 1024))
    pubsub.publish(topic, b"x" * size)
    assert [len(one) for one in data(pubsub.pull(subscription))] == [5, 2 * 1024 * 1024]
    assert [len(one) for one in data(pubsub.pull(subscription))] == [2 * 1024 * 1024]
    unlimited = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(cloud.ports.address("pubsub"), options=unlimited) as channel:
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        received = subscriber.pull(subscription=subscription, max_messages=1, timeout=5, retry=None).received_messages
    assert [len(one) for one in data(received)] == [size]


def test_a_thousand_messages_fit_into_one_request(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    assert len(pubsub.publish(topic, *[b"x"] * 1000)) == 1000
    assert len(pubsub.pull(subscription, limit=2000)) == 1000


def test_bytes_that_are_no_request_are_refused_and_the_service_lives_on(pubsub, cloud):
    topic = pubsub.topic()
    with grpc.insecure_channel(cloud.ports.address("pubsub")) as channel:
        for method in ("Publisher/Publish", "Subscriber/Pull", "Publisher/CreateTopic", "Nobody/Nothing"):
            call = channel.unary_unary(f"/google.pubsub.v1.{method}")
            for garbage in (b"\xff\xff\xff", b"\x0a\x05abc", b"\x0a\x01\xff"):
                with pytest.raises(grpc.RpcError):
                    call(garbage, timeout=5)
        with pytest.raises(grpc.RpcError):
            channel.unary_unary("/google.pubsub.v1.Publisher/Publish")(b"\x12" * (40 * 1024 * 1024), timeout=20)
    assert pubsub.publish(topic, b"still here")
