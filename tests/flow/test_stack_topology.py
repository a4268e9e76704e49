"""What exists in a local stack from the start, as Google's own clients see it."""

from __future__ import annotations

import grpc
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from localcloud.topology import DEAD, EVENTS, TASKS, TASKS_DEAD, UPLOADS, Names

NAMES = Names(project="demo-loupe")


@pytest.fixture(scope="module")
def subscriptions(stack):
    channel = grpc.insecure_channel(stack.running.ports.address("pubsub"))
    with channel, SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)) as client:
        listed = client.list_subscriptions(project="projects/demo-loupe")
        return {subscription.name.rpartition("/")[2]: subscription for subscription in listed}


@pytest.mark.parametrize("priority", ["high", "normal", "batch"])
def test_each_priority_is_pushed_to_analyze_by_itself_and_signed(stack, subscriptions, priority):
    subscription = subscriptions[f"analyze-{priority}"]
    endpoint = stack.running.urls["analyze"] + "/"
    assert subscription.topic == NAMES.topic(UPLOADS)
    assert subscription.filter == f'attributes.priority = "{priority}"'
    assert subscription.push_config.push_endpoint == endpoint
    assert subscription.push_config.oidc_token.audience == endpoint
    assert subscription.push_config.oidc_token.service_account_email == NAMES.pusher


@pytest.mark.parametrize("priority", ["high", "normal", "batch"])
def test_a_delivery_has_as_long_as_a_lease_and_twenty_tries(subscriptions, priority):
    subscription = subscriptions[f"analyze-{priority}"]
    assert subscription.ack_deadline_seconds == 120
    assert subscription.retry_policy.minimum_backoff.total_seconds() == 2
    assert subscription.retry_policy.maximum_backoff.total_seconds() == 20
    assert subscription.dead_letter_policy.dead_letter_topic == NAMES.topic(DEAD)
    assert subscription.dead_letter_policy.max_delivery_attempts == 20


def test_tasks_are_pushed_to_analyze_by_themselves_and_signed(stack, subscriptions):
    subscription = subscriptions["analyze-tasks"]
    assert subscription.topic == NAMES.topic(TASKS)
    assert subscription.push_config.push_endpoint == stack.running.urls["analyze"] + "/tasks"
    assert subscription.push_config.oidc_token.audience == stack.running.urls["analyze"] + "/"
    assert subscription.dead_letter_policy.dead_letter_topic == NAMES.topic(TASKS_DEAD)
    assert subscriptions["tasks-dead-kept"].topic == NAMES.topic(TASKS_DEAD)


def test_dead_letters_are_pushed_to_analyze_until_it_has_taken_them(stack, subscriptions):
    subscription = subscriptions["analyze-dead-letters"]
    assert subscription.topic == NAMES.topic(DEAD)
    assert subscription.push_config.push_endpoint == stack.running.urls["analyze"] + "/dead-letters"
    assert subscription.push_config.oidc_token.audience == stack.running.urls["analyze"] + "/"
    assert not subscription.dead_letter_policy.dead_letter_topic


def test_events_are_kept_until_somebody_pulls_them(subscriptions):
    assert subscriptions["events-kept"].topic == NAMES.topic(EVENTS)
    assert not subscriptions["events-kept"].push_config.push_endpoint


def test_uploads_are_announced_with_their_priority(stack):
    client = storage.Client(
        project="demo-loupe",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=stack.running.urls["storage"]),
    )
    found = list(client.bucket(NAMES.uploads_bucket).list_notifications())
    assert {(one.blob_name_prefix, one.custom_attributes["priority"]) for one in found} == {
        ("high/", "high"),
        ("normal/", "normal"),
        ("batch/", "batch"),
    }
    assert all(one.event_types == ["OBJECT_FINALIZE"] and one.topic_name == UPLOADS for one in found)
    made = {NAMES.uploads_bucket, NAMES.derived_bucket, NAMES.models_bucket}
    assert {bucket.name for bucket in client.list_buckets()} == made
