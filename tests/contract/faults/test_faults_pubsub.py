"""What Google's Pub/Sub clients, and the endpoints of pushes, see of faults."""

from __future__ import annotations

import threading
import time

import jwt
import pytest
from google.api_core import exceptions

from localcloud.faults.effects import Drop, Duplicate, Error, Hang, Malformed, Reorder, Skew, Span
from tests.contract.pubsub.clients import data, eventually
from tests.contract.pubsub.endpoint import endpoint, status
from tests.contract.pubsub.stream import Stream

AT_ONCE = {"minimum_backoff": {}, "maximum_backoff": {}}  # as soon as is possible
UNAVAILABLE = Error(code="UNAVAILABLE")


def pushing(pubsub, topic, url, **settings):
    config = {"push_endpoint": url, **settings}
    return pubsub.subscription(topic, "push", push_config=config, retry_policy=AT_ONCE)


def ids(there):
    return [pushed.body["message"]["messageId"] for pushed in there.pushed]


def test_a_publish_that_fails_before_its_effect_has_none(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    faults.add("pubsub.Publish", UNAVAILABLE, match={"topic": "photos"})
    with pytest.raises(exceptions.ServiceUnavailable):
        pubsub.publish(topic, b"x")
    assert pubsub.nothing_comes(reader)


def test_a_publish_whose_answer_is_lost_is_published_twice_by_the_client(pubsub, topic, faults):
    """The client library tries again, and the second copy has an id of its own."""
    reader = pubsub.subscription(topic)
    faults.add("pubsub.Publish", Drop(), applied=True, count=1)
    pubsub.publisher.publish(topic, b"x").result(timeout=5)
    received = pubsub.pull(reader)
    assert data(received) == [b"x", b"x"]
    assert len({one.message.message_id for one in received}) == 2


def test_a_publish_is_duplicated_under_new_ids(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    faults.add("pubsub.Publish", Duplicate(ids="new", copies=2), count=1)
    (number,) = pubsub.publish(topic, b"x")
    received = pubsub.pull(reader)
    assert data(received) == [b"x"] * 3
    assert len({one.message.message_id for one in received}) == 3
    assert number in {one.message.message_id for one in received}


def test_an_answer_to_a_pull_that_cannot_be_read_leaves_the_messages_where_they_are(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    pubsub.publish(topic, b"x")
    faults.add("pubsub.Acknowledge", Malformed(), count=1)
    received = pubsub.pull(reader)
    with pytest.raises(exceptions.InternalServerError, match="deserializ"):
        pubsub.acknowledge(reader, *received)
    pubsub.give(reader, 0, *received)
    assert pubsub.nothing_comes(reader)  # it was acknowledged all the same


def test_a_push_is_duplicated_under_the_same_id(pubsub, topic, faults):
    faults.add("pubsub.push", Duplicate(copies=2), count=1)
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        (number,) = pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 3)
    assert ids(there) == [number] * 3


def test_a_push_is_duplicated_under_a_new_id(pubsub, topic, faults):
    faults.add("pubsub.push", Duplicate(ids="new"), count=1)
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        (number,) = pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 2)
    assert len({*ids(there)}) == 2
    assert number in ids(there)
    assert all(one.isdigit() for one in ids(there))
    assert there.data() == [b"x", b"x"]


def test_a_push_that_gets_lost_comes_again(pubsub, topic, faults):
    rule = faults.add("pubsub.push", Drop(), count=2)
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
        time.sleep(0.2)
    assert there.data() == [b"x"]
    assert faults.hits(rule) == 2


def test_a_push_whose_acknowledgement_gets_lost_comes_again_under_the_same_id(pubsub, topic, faults):
    faults.add("pubsub.push", Drop(), applied=True, count=1)
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        (number,) = pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 2)
    assert ids(there) == [number] * 2


def test_a_push_can_be_refused_in_the_endpoints_name(pubsub, topic, faults):
    faults.add("pubsub.push", Error(code=429), count=1)
    with endpoint(status(204)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
    assert len(there.pushed) == 1


def test_a_push_hangs_until_the_rule_is_removed(pubsub, topic, faults):
    rule = faults.add("pubsub.push", Hang(), match={"subscription": "push"})
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        time.sleep(0.3)
        assert not there.pushed
        faults.remove(rule)
        eventually(lambda: there.data() == [b"x"])


def test_a_push_is_late(pubsub, topic, faults):
    faults.add("pubsub.push", delay_ms=Span(400, 400))
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        began = time.monotonic()
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
    assert there.pushed[0].at - began > 0.39


def test_pushes_change_places(pubsub, topic, faults):
    faults.add("pubsub.push", Reorder(window=4, within_ms=5000))
    sent = [b"%d" % number for number in range(4)]
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, *sent)
        eventually(lambda: len(there.pushed) == 4)
    assert sorted(there.data()) == sent
    assert there.data() != sent


def test_fewer_pushes_than_the_window_wait_only_for_so_long(pubsub, topic, faults):
    faults.add("pubsub.push", Reorder(window=100, within_ms=200))
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"1", b"2", b"3")
        eventually(lambda: len(there.pushed) == 3)


def test_a_rule_can_be_for_one_subscription(pubsub, topic, faults):
    faults.add("pubsub.push", Drop(), match={"subscription": "broken"})
    with endpoint() as there, endpoint() as broken:
        pushing(pubsub, topic, there.url)
        pubsub.subscription(topic, "broken", push_config={"push_endpoint": broken.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
    assert not broken.pushed


def test_the_client_library_gets_a_delivery_twice(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    faults.add("pubsub.deliver", Duplicate(ids="new"), count=1)
    seen = []

    def callback(message):
        seen.append(message.message_id)
        message.ack()

    with pubsub.receiving(reader, callback):
        (number,) = pubsub.publish(topic, b"x")
        eventually(lambda: len(seen) == 2)
    assert number in seen
    assert len({*seen}) == 2


def test_a_delivery_that_gets_lost_is_not_given_to_others_before_its_lease_ends(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    faults.add("pubsub.deliver", Drop(), count=1)
    first, second = Stream(pubsub, reader), None
    try:
        pubsub.publish(topic, b"lost")
        pubsub.publish(topic, b"next")
        eventually(lambda: data(first.messages) == [b"next"])
        assert pubsub.nothing_comes(reader)
    finally:
        first.cancel()
    second = Stream(pubsub, reader)  # the end of the first stream gives back what it held
    eventually(lambda: b"lost" in data(second.messages))
    second.cancel()


def test_the_client_library_connects_again_when_a_stream_breaks(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    rule = faults.add("pubsub.StreamingPull", UNAVAILABLE, applied=True, count=1)
    arrived = threading.Event()

    def callback(message):
        message.ack()
        arrived.set()

    with pubsub.receiving(reader, callback):
        pubsub.publish(topic, b"x")
        assert arrived.wait(10)
    assert faults.hits(rule) == 1


def test_the_tokens_of_pushes_go_by_the_clock_of_the_service(pubsub, topic, faults):
    faults.add("pubsub.clock", Skew(seconds=Span(-7200, -7200)))
    account = {"service_account_email": f"{pubsub.project}@demo.iam.gserviceaccount.com"}
    with endpoint() as there:
        pushing(pubsub, topic, there.url, oidc_token=account)
        pubsub.publish(topic, b"behind")
        eventually(lambda: there.pushed)
        faults.clear()
        pubsub.publish(topic, b"right")
        eventually(lambda: len(there.pushed) == 2)
    behind, right = (
        jwt.decode(pushed.headers["Authorization"].split()[1], options={"verify_signature": False})
        for pushed in there.pushed
    )
    assert time.time() - 7300 < behind["iat"] < time.time() - 7100
    assert behind["exp"] < time.time() < right["exp"]


def test_the_time_of_publication_goes_by_the_clock_of_the_service(pubsub, topic, faults):
    reader = pubsub.subscription(topic)
    faults.add("pubsub.clock", Skew(seconds=Span(3600, 3600)))
    pubsub.publish(topic, b"x")
    (received,) = pubsub.pull(reader)
    assert 3590 < received.message.publish_time.timestamp() - time.time() < 3610
