"""The doctor finds faults that were planted in a running stack, and says how each is mended."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PushConfig

from localcloud.faults.effects import Error, Skew, Span
from localcloud.faults.rule import Rule
from localcloud.topology import Names, subscriptions
from loupe.client.faults import FaultsClient
from loupe.client.watching import database
from loupe.doctor import services, signs
from loupe.doctor.finding import Health
from tests.stack import ENOUGH, QUICK_LEASE, started


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A stack that may be harmed."""
    with started(tmp_path_factory.mktemp("patient") / "data", upload=ENOUGH, analyze=QUICK_LEASE) as stack:
        yield Patient(stack)


class Patient:
    """A stack with the clients that harm it, and mend it again."""

    def __init__(self, stack) -> None:
        self.stack = stack
        self.names = Names(project=stack.running.project)
        os.environ["STORAGE_EMULATOR_HOST"] = stack.running.urls["storage"]
        self.storage = storage.Client(project=self.names.project, credentials=AnonymousCredentials())
        del os.environ["STORAGE_EMULATOR_HOST"]
        channel = grpc.insecure_channel(stack.running.ports.address("pubsub"))
        self.publisher = pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self.subscriber = pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self.documents = database(stack.running)
        self.faults = FaultsClient(stack.running)

    def lay(self, name: str) -> None:
        """Make a subscription as it has to be."""
        wanted = subscriptions(self.names, self.stack.running.ports)
        (again,) = [one for one in wanted if one.name == self.names.subscription(name)]
        self.subscriber.create_subscription(request=again)

    def findings(self) -> dict:
        return {finding.name: finding for finding in services.look(self.stack.data)}

    @contextmanager
    def no_bucket(self):
        self.storage.bucket(self.names.derived_bucket).delete()
        yield
        self.storage.create_bucket(self.names.derived_bucket)

    @contextmanager
    def no_notification(self):
        bucket = self.storage.bucket(self.names.uploads_bucket)
        (gone,) = [one for one in bucket.list_notifications() if one.blob_name_prefix == "normal/"]
        gone.delete()
        yield
        bucket.notification(
            topic_name="uploads",
            topic_project=self.names.project,
            blob_name_prefix="normal/",
            custom_attributes={"priority": "normal"},
            event_types=["OBJECT_FINALIZE"],
            payload_format="JSON_API_V1",
        ).create()

    @contextmanager
    def no_cors(self):
        bucket = self.storage.get_bucket(self.names.uploads_bucket)
        rules, bucket.cors = list(bucket.cors), []
        bucket.patch()
        yield
        bucket.cors = rules
        bucket.patch()

    @contextmanager
    def no_topic(self):
        name = self.names.topic("events")
        self.publisher.delete_topic(topic=name)
        yield
        self.publisher.create_topic(name=name)
        self.subscriber.delete_subscription(subscription=self.names.subscription("events-kept"))  # lost its topic
        self.lay("events-kept")

    @contextmanager
    def no_subscription(self):
        name = self.names.subscription("analyze-normal")
        self.subscriber.delete_subscription(subscription=name)
        yield
        self.lay("analyze-normal")

    @contextmanager
    def wrong_endpoint(self):
        name = self.names.subscription("analyze-high")
        right = self.subscriber.get_subscription(subscription=name).push_config
        self.subscriber.modify_push_config(
            subscription=name, push_config=PushConfig(push_endpoint="http://127.0.0.1:1/", oidc_token=right.oidc_token)
        )
        yield
        self.subscriber.modify_push_config(subscription=name, push_config=right)

    @contextmanager
    def fault(self):
        self.faults.add(Rule(call="vision.BatchAnnotateImages", effect=Error(code="UNAVAILABLE"), count=1, after=1000))
        yield
        self.faults.clear()

    @contextmanager
    def wrong_clock(self):
        self.faults.add(Rule(call="firestore.clock", effect=Skew(seconds=Span(low=300, high=300))))
        yield
        self.faults.clear()

    @contextmanager
    def switched_off(self):
        self.documents.document("control/switches").set({"kinds": {"inspection": False}})
        yield
        self.documents.document("control/switches").delete()

    @contextmanager
    def dead_letter(self):
        self.documents.document("deadLetters/x").set({"reason": "DELIVERY_EXHAUSTED"})
        yield
        self.documents.document("deadLetters/x").delete()

    @contextmanager
    def unsent(self):
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        self.documents.document("outbox/x").set({"state": "UNSENT", "createTime": long_ago, "topic": "other"})
        yield
        self.documents.document("outbox/x").delete()

    @contextmanager
    def hanging_function(self):
        stopped = self.stack.pid("status")
        os.killpg(stopped, signal.SIGSTOP)
        yield
        os.killpg(stopped, signal.SIGCONT)


PLANTED = [
    ("no_bucket", "Buckets", Health.BAD, "loupe up"),
    ("no_notification", "Notifications", Health.BAD, "loupe up"),
    ("no_cors", "CORS", Health.BAD, "loupe up"),
    ("no_topic", "Topics", Health.BAD, "loupe up"),
    ("no_subscription", "Subscription analyze-normal", Health.BAD, "loupe up"),
    ("wrong_endpoint", "Subscription analyze-high", Health.BAD, "loupe up"),
    ("fault", "Faults", Health.WARNING, "loupe faults clear"),
    ("switched_off", "Switches", Health.WARNING, "control/switches"),
    ("dead_letter", "Dead letters", Health.WARNING, "loupe dlq"),
    ("unsent", "Outbox", Health.BAD, "sweep"),
    ("hanging_function", "status", Health.BAD, "loupe down"),
    ("wrong_clock", "Clocks", Health.BAD, "NTP"),  # the last: no clock goes back
]


def test_a_healthy_stack_has_nothing_to_mend(patient):
    assert [one for one in patient.findings().values() if one.health is not Health.GOOD] == []


def test_the_command_ends_with_1_while_something_is_broken(patient):
    with patient.no_notification():
        told = patient.stack.loupe("doctor", "--json")
    wrong = [one["name"] for one in json.loads(told.stdout)["findings"] if one["health"] == "bad"]
    assert (told.returncode, wrong) == (1, ["Notifications"])


@pytest.mark.parametrize(("task", "missed"), [("sweep", timedelta(minutes=11)), ("maintenance", timedelta(hours=4))])
def test_a_task_that_does_not_come_round_is_told(patient, task, missed):
    now = datetime.now(UTC)
    assert signs.rounds(task, patient.documents, now, now).health is Health.GOOD
    assert signs.rounds(task, patient.documents, now + missed, now).health is Health.BAD


@pytest.mark.parametrize(("harm", "name", "health", "remedy"), PLANTED, ids=[planted[0] for planted in PLANTED])
def test_what_was_planted_is_found_and_a_remedy_is_named(patient, harm, name, health, remedy):
    with getattr(patient, harm)():
        found = patient.findings()[name]
    assert found.health is health
    assert remedy in found.remedy
