import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import PullRequest

from tests.contract.pubsub.clients import data, refused


@pytest.fixture
def topic(pubsub):
    return pubsub.topic()


@pytest.fixture
def subscription(pubsub, topic):
    return pubsub.subscription(topic)


def test_an_acknowledged_message_does_not_come_again(pubsub, topic, subscription):
    pubsub.publish(topic, b"a", b"b")
    received = pubsub.pull(subscription)
    assert data(received) == [b"a", b"b"]
    pubsub.acknowledge(subscription, *received)
    pubsub.give(subscription, 0, *received)
    assert pubsub.nothing_comes(subscription)


def test_a_pull_waits_for_the_first_message(pubsub, topic, subscription):
    with ThreadPoolExecutor(1) as pool:
        pulling = pool.submit(pubsub.pull, subscription)
        time.sleep(0.1)
        assert not pulling.done()
        pubsub.publish(topic, b"x")
        assert data(pulling.result(timeout=1)) == [b"x"]


def test_a_pull_that_is_to_return_immediately_does(pubsub, subscription):
    start = time.monotonic()
    with pytest.warns(DeprecationWarning, match="return_immediately"):
        answer = pubsub.subscriber.pull(subscription=subscription, max_messages=1, return_immediately=True, timeout=5)
    assert not answer.received_messages
    assert time.monotonic() - start < 1


def test_a_pull_brings_no_more_than_was_asked_for(pubsub, topic, subscription):
    pubsub.publish(topic, b"a", b"b", b"c")
    assert data(pubsub.pull(subscription, limit=2)) == [b"a", b"b"]
    assert data(pubsub.pull(subscription, limit=2)) == [b"c"]


def test_two_pulls_share_the_messages(pubsub, topic, subscription):
    with ThreadPoolExecutor(2) as pool:
        pulls = [pool.submit(pubsub.pull, subscription, 1) for _ in range(2)]
        pubsub.publish(topic, b"a")
        pubsub.publish(topic, b"b")
        assert sorted(data(pulls[0].result()) + data(pulls[1].result())) == [b"a", b"b"]


def test_a_refused_message_comes_again_soon(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    (first,) = pubsub.pull(subscription)
    pubsub.give(subscription, 0, first)
    start = time.monotonic()
    (second,) = pubsub.pull(subscription)
    assert time.monotonic() - start < 1
    assert second.message == first.message
    assert second.ack_id != first.ack_id
    assert second.delivery_attempt == 0  # there is no dead-letter policy


def test_a_message_whose_deadline_passes_comes_again(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    pubsub.give(subscription, 1, *pubsub.pull(subscription))
    assert pubsub.nothing_comes(subscription, within=0.7)
    assert data(pubsub.pull(subscription)) == [b"x"]


def test_a_deadline_can_be_moved_away_again(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    received = pubsub.pull(subscription)
    pubsub.give(subscription, 1, *received)
    pubsub.give(subscription, 60, *received)
    assert pubsub.nothing_comes(subscription, within=1.3)


def test_an_acknowledgement_counts_even_if_it_comes_late(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    first = pubsub.pull(subscription)
    pubsub.give(subscription, 0, *first)
    second = pubsub.pull(subscription)
    pubsub.acknowledge(subscription, *first)
    pubsub.give(subscription, 0, *second)
    assert pubsub.nothing_comes(subscription)


def test_the_id_of_an_earlier_delivery_cannot_move_the_deadline_of_a_later_one(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    first = pubsub.pull(subscription)
    pubsub.give(subscription, 0, *first)
    assert data(pubsub.pull(subscription)) == [b"x"]
    pubsub.give(subscription, 0, *first)
    assert pubsub.nothing_comes(subscription)


def test_an_acknowledgement_counts_for_its_own_subscription_only(pubsub, topic, subscription):
    other = pubsub.subscription(topic, "other")
    pubsub.publish(topic, b"x")
    received = pubsub.pull(subscription)
    pubsub.acknowledge(other, *received)
    assert data(pubsub.pull(other)) == [b"x"]


def test_the_retry_policy_delays_refused_messages(pubsub, topic):
    policy = {"minimum_backoff": {"nanos": 300_000_000}, "maximum_backoff": {"seconds": 1}}
    subscription = pubsub.subscription(topic, "patient", retry_policy=policy)
    pubsub.publish(topic, b"x")
    received = pubsub.pull(subscription)
    for pause in (0.3, 0.6):
        refused_at = time.monotonic()
        pubsub.give(subscription, 0, *received)
        received = pubsub.pull(subscription)
        assert data(received) == [b"x"]
        assert pause <= time.monotonic() - refused_at < pause + 0.3


def test_messages_with_one_ordering_key_come_in_order_and_one_at_a_time(pubsub, topic):
    subscription = pubsub.subscription(topic, "ordered", enable_message_ordering=True)
    pubsub.publish(topic, b"a1", b"a2", b"a3", key="a")
    pubsub.publish(topic, b"b1", key="b")
    pubsub.publish(topic, b"free")
    received = pubsub.pull(subscription)
    assert data(received) == [b"a1", b"b1", b"free"]
    assert pubsub.nothing_comes(subscription)
    pubsub.give(subscription, 0, received[0])
    received = pubsub.pull(subscription)
    assert data(received) == [b"a1"]
    for following in (b"a2", b"a3"):
        pubsub.acknowledge(subscription, *received)
        received = pubsub.pull(subscription)
        assert data(received) == [following]


def test_a_filter_lets_through_what_matches_and_acknowledges_the_rest(pubsub, topic):
    high = pubsub.subscription(topic, "high", filter='attributes.priority = "high"')
    rest = pubsub.subscription(topic, "rest", filter='NOT attributes.priority = "high" AND -attributes:skip')
    pubsub.publish(topic, b"1", priority="high")
    pubsub.publish(topic, b"2", priority="low")
    pubsub.publish(topic, b"3")
    pubsub.publish(topic, b"4", skip="")
    assert data(pubsub.pull(high)) == [b"1"]
    assert data(pubsub.pull(rest)) == [b"2", b"3"]
    assert pubsub.nothing_comes(high)
    assert pubsub.nothing_comes(rest)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_pull_of_nothing_is_refused(pubsub, subscription, limit):
    with refused(exceptions.InvalidArgument, match="max_messages"):
        pubsub.pull(subscription, limit)


@pytest.mark.parametrize("ack_id", ["", "x", "1", "'; DROP TABLE backlog", "é", "1-1\x00", "f" * 10_000])
def test_what_is_no_ack_id_is_refused(pubsub, topic, subscription, ack_id):
    pubsub.publish(topic, b"x")
    (received,) = pubsub.pull(subscription)
    with refused(exceptions.InvalidArgument, match="invalid ack ID"):
        pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[received.ack_id, ack_id])
    with refused(exceptions.InvalidArgument, match="invalid ack ID"):
        pubsub.subscriber.modify_ack_deadline(subscription=subscription, ack_ids=[ack_id], ack_deadline_seconds=10)
    pubsub.give(subscription, 0, received)
    assert data(pubsub.pull(subscription)) == [b"x"]


def test_an_ack_id_that_nobody_was_given_has_no_effect(pubsub, topic, subscription):
    pubsub.publish(topic, b"x")
    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=["123-1"])
    assert data(pubsub.pull(subscription)) == [b"x"]


@pytest.mark.parametrize("seconds", [-1, 601])
def test_an_ack_deadline_has_at_most_600_seconds(pubsub, topic, subscription, seconds):
    pubsub.publish(topic, b"x")
    received = pubsub.pull(subscription)
    with refused(exceptions.InvalidArgument, match="0 to 600"):
        pubsub.give(subscription, seconds, *received)


def test_a_pull_ends_when_its_subscription_is_deleted(pubsub, subscription):
    deleting = threading.Timer(0.1, pubsub.subscriber.delete_subscription, kwargs={"subscription": subscription})
    deleting.start()
    with refused(exceptions.NotFound):
        pubsub.pull(subscription)
    deleting.join()


def test_a_pull_that_was_given_up_takes_no_message_with_it(pubsub, topic, subscription):
    request = PullRequest(subscription=subscription, max_messages=1)
    calls = [pubsub.subscriber.transport.pull.future(request, timeout=10) for _ in range(20)]
    time.sleep(0.1)
    for call in calls:
        call.cancel()
    time.sleep(0.1)
    pubsub.publish(topic, b"x")
    assert data(pubsub.pull(subscription)) == [b"x"]
