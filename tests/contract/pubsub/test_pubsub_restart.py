import signal
import sqlite3
import time

import grpc
import pytest
from google.api_core import exceptions
from google.pubsub_v1 import PullRequest

from tests.contract.pubsub.clients import connected, data, eventually, refused
from tests.contract.pubsub.endpoint import endpoint, status
from tests.contract.pubsub.stream import Stream
from tests.running import local_cloud


@pytest.fixture
def own_cloud(tmp_path):
    with local_cloud(tmp_path, "pubsub") as cloud:
        yield cloud


@pytest.fixture
def pubsub(own_cloud):
    with connected(own_cloud.ports.address("pubsub")) as clients:
        yield clients


def restart(cloud, pubsub, number=signal.SIGKILL):
    """The clients stay as they are; they find the service again by themselves."""
    cloud.stop(number)
    cloud.start()
    wait_until_reachable(pubsub)


def wait_until_reachable(pubsub):
    def reachable():
        try:
            list(pubsub.publisher.list_topics(project=f"projects/{pubsub.project}", timeout=1, retry=None))
        except exceptions.ServiceUnavailable:
            return False
        return True

    eventually(reachable, within=10)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_not_acknowledged_comes_again_after_a_restart(own_cloud, pubsub, number):
    topic = pubsub.topic(labels={"a": "b"})
    subscription = pubsub.subscription(topic, filter="NOT attributes:skip")
    pubsub.publish(topic, b"acknowledged", b"held", b"refused", b"waiting")
    received = pubsub.pull(subscription, limit=3)
    pubsub.acknowledge(subscription, received[0])
    pubsub.give(subscription, 0, received[2])
    restart(own_cloud, pubsub, number)
    again = pubsub.pull(subscription)
    assert data(again) == [b"held", b"refused", b"waiting"]
    assert [one.message for one in again[:2]] == [one.message for one in received[1:]]
    pubsub.publish(topic, b"skipped", skip="")
    (later,) = pubsub.publish(topic, b"later")
    assert int(later) > max(int(one.message.message_id) for one in again)
    assert data(pubsub.pull(subscription)) == [b"later"]
    assert pubsub.publisher.get_topic(topic=topic).labels == {"a": "b"}


def test_the_number_of_attempts_survives(own_cloud, pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic, dead_letter_policy={"dead_letter_topic": topic})
    pubsub.publish(topic, b"x")
    for _ in range(2):
        pubsub.give(subscription, 0, *pubsub.pull(subscription))
    restart(own_cloud, pubsub)
    (received,) = pubsub.pull(subscription)
    assert received.delivery_attempt == 3


def test_a_dead_message_stays_dead(own_cloud, pubsub):
    topic = pubsub.topic()
    morgue = pubsub.subscription(pubsub.topic("morgue"), "morgue")
    policy = {"dead_letter_topic": pubsub.path("topics", "morgue")}
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    pubsub.publish(topic, b"poison")
    for _ in range(5):
        pubsub.give(subscription, 0, *pubsub.pull(subscription))
    restart(own_cloud, pubsub)
    assert data(pubsub.pull(morgue)) == [b"poison"]
    assert pubsub.nothing_comes(subscription)


def test_a_message_held_across_the_restart_can_still_be_acknowledged(own_cloud, pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    pubsub.publish(topic, b"x")
    received = pubsub.pull(subscription)
    restart(own_cloud, pubsub)
    pubsub.acknowledge(subscription, *received)
    assert pubsub.nothing_comes(subscription)


def test_deleted_things_stay_deleted(own_cloud, pubsub):
    topic, gone = pubsub.topic(), pubsub.topic("gone")
    kept, orphan = pubsub.subscription(topic, "kept"), pubsub.subscription(gone, "orphan")
    deleted = pubsub.subscription(topic, "deleted")
    pubsub.publish(topic, b"x")
    pubsub.publish(gone, b"orphaned")
    pubsub.subscriber.delete_subscription(subscription=deleted)
    pubsub.publisher.delete_topic(topic=gone)
    pubsub.publish(topic, b"y")
    restart(own_cloud, pubsub)
    with refused(exceptions.NotFound):
        pubsub.publish(gone, b"z")
    with refused(exceptions.NotFound):
        pubsub.pull(deleted)
    assert pubsub.subscriber.get_subscription(subscription=orphan).topic == "_deleted-topic_"
    assert data(pubsub.pull(orphan)) == [b"orphaned"]
    assert data(pubsub.pull(kept)) == [b"x", b"y"]


def test_a_push_that_was_under_way_is_sent_again(own_cloud, pubsub):
    def never(_handler):
        time.sleep(0.5)

    with endpoint(never, status(204)) as there:
        topic = pubsub.topic()
        pubsub.subscription(
            topic, push_config={"push_endpoint": there.url}, dead_letter_policy={"dead_letter_topic": topic}
        )
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
        restart(own_cloud, pubsub)
        eventually(lambda: len(there.pushed) == 2)
    assert [pushed.body["deliveryAttempt"] for pushed in there.pushed] == [1, 1]
    assert there.pushed[0].body["message"] == there.pushed[1].body["message"]


def test_it_stops_at_once_and_well_with_streams_pulls_and_pushes_under_way(capfd, own_cloud, pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    request = PullRequest(subscription=pubsub.subscription(topic, "empty", filter="attributes:x"), max_messages=1)
    stream = Stream(pubsub, subscription)
    with endpoint(lambda _handler: time.sleep(1)) as there:
        pulling = pubsub.subscriber.transport.pull.future(request, timeout=30)
        pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed and stream.messages)
        start = time.monotonic()
        assert own_cloud.stop() == 0
        assert time.monotonic() - start < 5
        assert pulling.exception().code() is grpc.StatusCode.UNAVAILABLE
        assert pulling.exception().details() == "The local Pub/Sub is stopping."
        eventually(stream.ended)
        assert stream.error.code() is grpc.StatusCode.UNAVAILABLE
    assert capfd.readouterr().err == ""


def test_the_file_is_whole_after_a_kill_under_load(own_cloud, pubsub, tmp_path):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    confirmed = set()
    futures = [pubsub.publisher.publish(topic, b"x" * 500, retry=None) for _ in range(2000)]
    confirmed.update(future.result(timeout=10) for future in futures[:1000])
    own_cloud.stop(signal.SIGKILL)
    for future in futures[1000:]:
        try:
            confirmed.add(future.result(timeout=10))
        except exceptions.GoogleAPICallError:
            continue
    with sqlite3.connect(tmp_path / "pubsub.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    own_cloud.start()
    wait_until_reachable(pubsub)
    found = set()
    while received := pubsub.pull(subscription, limit=1000, wait=0.3):
        found |= {one.message.message_id for one in received}
        pubsub.acknowledge(subscription, *received)
    assert confirmed <= found
