import time

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.pubsub_v1.types import FlowControl

from tests.contract.pubsub.clients import data, eventually, refused
from tests.contract.pubsub.stream import Stream


@pytest.fixture
def topic(pubsub):
    return pubsub.topic()


@pytest.fixture
def subscription(pubsub, topic):
    return pubsub.subscription(topic)


@pytest.fixture
def stream(pubsub, subscription):
    opened = []

    def open_stream(**first):
        opened.append(Stream(pubsub, subscription, **first))
        return opened[-1]

    yield open_stream
    for one in opened:
        one.cancel()


def test_the_client_library_receives_and_acknowledges(pubsub, topic, subscription):
    received = []

    def callback(message):
        received.append(message.data)
        message.ack()

    pubsub.publish(topic, *(b"%d" % number for number in range(500)))
    with pubsub.receiving(subscription, callback):
        eventually(lambda: len(received) == 500)
        pubsub.publish(topic, b"later")
        eventually(lambda: b"later" in received)
        time.sleep(0.2)  # acknowledgements leave in batches of 100 ms
    assert sorted(received) == sorted({*received})
    assert pubsub.nothing_comes(subscription)


def test_what_the_callback_refuses_comes_again(pubsub, topic, subscription):
    received = []

    def callback(message):
        received.append(message.data)
        message.ack() if len(received) == 3 else message.nack()

    pubsub.publish(topic, b"x")
    with pubsub.receiving(subscription, callback):
        eventually(lambda: len(received) == 3)
    assert received == [b"x"] * 3


def test_a_stream_opened_again_at_once_gets_what_the_first_one_held(pubsub, topic, subscription):
    pubsub.publish(topic, b"1", b"2", b"3", b"4")
    for _ in range(3):
        held = []
        with pubsub.receiving(subscription, held.append):
            eventually(lambda held=held: len(held) == 4)
    received = []

    def callback(message):
        received.append(message.data)
        message.ack()

    with pubsub.receiving(subscription, callback):
        eventually(lambda: len(received) == 4, within=2)
    assert sorted(received) == [b"1", b"2", b"3", b"4"]


def test_a_cancelled_stream_gives_back_what_it_held(pubsub, topic, subscription, stream):
    pubsub.publish(topic, b"1", b"2")
    first = stream()
    eventually(lambda: first.data() == [b"1", b"2"])
    first.send(ack_ids=[first.messages[0].ack_id])
    time.sleep(0.05)
    first.cancel()
    assert data(pubsub.pull(subscription, wait=1)) == [b"2"]


def test_what_a_broken_stream_held_counts_as_an_attempt(pubsub, topic):
    """Else a message that kills its subscriber would never be dead."""
    subscription = pubsub.subscription(topic, "counted", dead_letter_policy={"dead_letter_topic": topic})
    pubsub.publish(topic, b"x")
    for attempt in (1, 2, 3):
        opened = Stream(pubsub, subscription)
        eventually(lambda opened=opened: opened.messages)
        assert [one.delivery_attempt for one in opened.messages] == [attempt]
        opened.cancel()


def test_a_stream_holds_no_more_messages_than_it_may(pubsub, topic, stream):
    pubsub.publish(topic, b"1", b"2", b"3", b"4", b"5")
    opened = stream(max_outstanding_messages=2)
    eventually(lambda: opened.data() == [b"1", b"2"])
    time.sleep(0.1)
    assert opened.data() == [b"1", b"2"]
    opened.send(ack_ids=[opened.messages[0].ack_id])
    eventually(lambda: opened.data() == [b"1", b"2", b"3"])
    opened.send(modify_deadline_ack_ids=[opened.messages[1].ack_id], modify_deadline_seconds=[0])
    eventually(lambda: len(opened.data()) == 4)
    time.sleep(0.1)
    assert len(opened.data()) == 4


def test_a_stream_holds_no_more_bytes_than_it_may(pubsub, topic, stream):
    pubsub.publish(topic, b"a" * 1000, b"b" * 1000, b"c" * 1000, b"d" * 1000)
    opened = stream(max_outstanding_bytes=1500)
    eventually(lambda: len(opened.messages) == 2)
    time.sleep(0.1)
    assert len(opened.messages) == 2
    opened.send(ack_ids=[message.ack_id for message in opened.messages])
    eventually(lambda: len(opened.messages) == 4)


def test_the_client_librarys_flow_control_is_kept(pubsub, topic, subscription):
    held = []
    pubsub.publish(topic, *[b"x"] * 50)
    flow = FlowControl(max_messages=5)
    with pubsub.receiving(subscription, held.append, flow_control=flow):
        eventually(lambda: len(held) == 5)
        time.sleep(0.1)
        assert len(held) == 5
        for message in held:
            message.ack()
        eventually(lambda: len(held) == 10)


def test_two_streams_share_the_messages(pubsub, topic, stream):
    first, second = stream(), stream()
    eventually(lambda: first.error is None and second.error is None)
    time.sleep(0.1)
    for number in range(20):
        pubsub.publish(topic, b"%d" % number)
    eventually(lambda: len(first.messages) + len(second.messages) == 20)
    assert len({*first.data(), *second.data()}) == 20
    assert first.messages
    assert second.messages


def test_a_filter_counts_for_streams(pubsub, topic):
    filtered = pubsub.subscription(topic, "filtered", filter='hasPrefix(attributes.name, "a/")')
    opened = Stream(pubsub, filtered)
    pubsub.publish(topic, b"1", name="b/1")
    pubsub.publish(topic, b"2", name="a/2")
    eventually(lambda: opened.data() == [b"2"])
    opened.cancel()


def test_messages_with_one_ordering_key_stream_in_order(pubsub, topic):
    subscription = pubsub.subscription(topic, "ordered", enable_message_ordering=True)
    received = []

    def callback(message):
        received.append((message.ordering_key, message.data))
        message.ack()

    for key in ("a", "b"):
        pubsub.publish(topic, *(b"%02d" % number for number in range(10)), key=key)
    with pubsub.receiving(subscription, callback):
        eventually(lambda: len(received) == 20)
    for key in ("a", "b"):
        assert [number for of, number in received if of == key] == [b"%02d" % number for number in range(10)]


def test_a_stream_whose_client_has_no_more_requests_ends_well(stream):
    opened = stream()
    opened.finish()
    assert opened.ended()
    assert opened.error is None


@pytest.mark.parametrize(
    "request_",
    [
        {"ack_ids": ["nonsense"]},
        {"modify_deadline_ack_ids": ["nonsense"], "modify_deadline_seconds": [10]},
        {"modify_deadline_ack_ids": ["1-1"], "modify_deadline_seconds": []},
        {"modify_deadline_ack_ids": ["1-1"], "modify_deadline_seconds": [-1]},
        {"stream_ack_deadline_seconds": 9},
        {"stream_ack_deadline_seconds": 601},
        {"subscription": "projects/p/subscriptions/other"},
        {"max_outstanding_messages": 5},
        {"client_id": "c"},
    ],
    ids=str,
)
def test_a_bad_request_ends_the_stream_and_gives_back_what_it_held(pubsub, topic, subscription, stream, request_):
    pubsub.publish(topic, b"x")
    opened = stream()
    eventually(lambda: opened.data() == [b"x"])
    opened.send(**request_)
    eventually(opened.ended)
    assert opened.error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert data(pubsub.pull(subscription, wait=1)) == [b"x"]


@pytest.mark.parametrize("first", [{"stream_ack_deadline_seconds": 5}, {"ack_ids": ["nonsense"]}], ids=str)
def test_a_bad_first_request_is_refused(stream, first):
    opened = stream(**first)
    eventually(opened.ended)
    assert opened.error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_stream_without_a_subscription_is_refused(pubsub):
    opened = Stream(pubsub, "")
    eventually(opened.ended)
    assert opened.error.code() is grpc.StatusCode.INVALID_ARGUMENT
    opened.cancel()


def test_a_stream_ends_when_its_subscription_is_deleted(pubsub, subscription):
    future = pubsub.subscriber.subscribe(subscription, callback=print)
    time.sleep(0.1)
    pubsub.subscriber.delete_subscription(subscription=subscription)
    with refused(exceptions.NotFound):
        future.result(timeout=5)


def test_a_stream_ends_when_its_subscription_begins_to_push(pubsub, subscription, stream):
    opened = stream()
    config = {"push_endpoint": "http://127.0.0.1:1/"}
    pubsub.subscriber.modify_push_config(subscription=subscription, push_config=config)
    eventually(opened.ended)
    assert opened.error.code() is grpc.StatusCode.FAILED_PRECONDITION
