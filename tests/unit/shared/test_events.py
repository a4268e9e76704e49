"""Pushes and notifications as they come over the wire."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.errors import InvalidArgument
from shared.events import Message, finalized, notification, parse_push

ATTRIBUTES = {"eventType": "OBJECT_FINALIZE", "bucketId": "b", "objectId": "normal/x/0", "objectGeneration": "17"}


def envelope(**changes) -> bytes:
    data = base64.b64encode(json.dumps({"size": "5", "contentType": "image/png"}).encode()).decode()
    message = {"messageId": "1", "attributes": ATTRIBUTES, "data": data}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s", **changes}).encode()


def test_the_delivery_attempt_and_the_subscription_are_kept():
    push = parse_push(envelope(deliveryAttempt=3))
    assert (push.delivery_attempt, push.subscription) == (3, "projects/p/subscriptions/s")


def test_a_finalize_notification_names_the_object_and_its_generation():
    arrival = finalized(parse_push(envelope()).message)
    assert arrival is not None
    assert (arrival.bucket, arrival.name, arrival.generation, arrival.size) == ("b", "normal/x/0", 17, 5)


def test_a_notification_without_payload_is_read_from_its_attributes():
    arrival = finalized(Message(message_id="1", attributes=ATTRIBUTES))
    assert arrival is not None
    assert arrival.generation == 17


@pytest.mark.parametrize("event", ["OBJECT_DELETE", "OBJECT_METADATA_UPDATE", ""])
def test_other_events_are_passed_over(event):
    assert finalized(Message(message_id="1", attributes={**ATTRIBUTES, "eventType": event})) is None


@pytest.mark.parametrize("missing", ["bucketId", "objectId", "objectGeneration"])
def test_a_finalize_without_its_attributes_is_malformed(missing):
    attributes = {name: value for name, value in ATTRIBUTES.items() if name != missing}
    with pytest.raises(InvalidArgument, match="NOTIFICATION_MALFORMED"):
        finalized(Message(message_id="1", attributes=attributes))


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_other_body_is_refused_as_malformed(body):
    with pytest.raises(InvalidArgument, match="PUSH_MALFORMED"):
        parse_push(body if isinstance(body, bytes) else body.encode())


def test_time_and_trace_come_with_the_notification():
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    data = json.dumps({"size": "5", "metadata": {"traceparent": trace}}).encode()
    attributes = {**ATTRIBUTES, "eventTime": "2026-01-02T03:04:05.678901Z"}
    arrival = finalized(Message(message_id="1", attributes=attributes, data=data))
    assert arrival is not None
    assert arrival.trace == trace
    assert arrival.time == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.mark.parametrize("time", ["", "yesterday", "2026-01-02T03:04:05", "9999999"])
def test_a_time_that_is_none_is_let_be(time):
    arrival = finalized(Message(message_id="1", attributes={**ATTRIBUTES, "eventTime": time}))
    assert arrival is not None
    assert arrival.time is None


def test_our_own_notification_is_read_back():
    arrival = finalized(parse_push(envelope()).message)
    assert arrival is not None
    for trace in ("", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"):
        traced = replace(arrival, trace=trace)
        payload, attributes = notification(traced, priority="normal")
        assert finalized(Message(message_id="2", attributes=attributes, data=json.dumps(payload).encode())) == traced
