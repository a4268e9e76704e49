"""`loupe dlq`: what is kept is listed and shown, redriven or dropped."""

from __future__ import annotations

import json
from datetime import timedelta

import grpc
import pytest
from google.pubsub_v1 import SubscriberClient, types
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from localcloud.faults.effects import Drop
from localcloud.faults.rule import Rule
from shared.events import notification
from shared.jobs.protocol import Arrival
from tests.stack import eventually


@pytest.fixture
def dlq(impatient):
    """Run the command and answer its JSON; and nothing is kept from another test."""

    def run(*arguments: str, code: int = 0) -> dict:
        ended = impatient.stack.loupe("dlq", *arguments, "--json")
        assert ended.returncode == code, ended.stderr
        return json.loads(ended.stdout)

    for letter in impatient.documents.collection("deadLetters").get():
        letter.reference.delete()
    return run


@pytest.fixture
def dead(impatient, dlq):
    """A job that FAILED because its delivery was given up, and the id of the letter."""
    del dlq
    impatient.faults.add(Rule(call="storage.notify", effect=Drop()))
    with impatient.stack.phone() as phone:
        job_id = impatient.send(phone)
    assert eventually(lambda: impatient.faults.rules()[0]["hits"] > 0)
    impatient.faults.clear()
    image = impatient.job(job_id)["images"]["0"]
    arrival = Arrival(
        bucket="demo-loupe-uploads",
        name=f"normal/{job_id}/0",
        generation=impatient.generation(job_id),
        size=image["size"],
        content_type=image["contentType"],
    )
    payload, attributes = notification(arrival, priority="normal")
    impatient.publish("uploads-dead", json.dumps(payload).encode(), **attributes)
    assert impatient.becomes(job_id, "FAILED", "DELIVERY_EXHAUSTED")
    assert eventually(lambda: len(impatient.named("deadLetters", job_id)) == 1)
    return job_id, impatient.named("deadLetters", job_id)[0].id


def kept(impatient) -> list[str]:
    return [letter.id for letter in impatient.documents.collection("deadLetters").get()]


def test_what_is_kept_is_listed_by_reason_and_shown_in_full(impatient, dlq, dead):
    job_id, letter_id = dead
    listed = dlq("list")
    assert listed["reasons"] == {"DELIVERY_EXHAUSTED": 1}
    assert [(letter["id"], letter["job"]["state"]) for letter in listed["deadLetters"]] == [(letter_id, "FAILED")]
    assert dlq("list", "--reason", "STALLED") == {"deadLetters": [], "reasons": {}}
    assert dlq("show", f"jobs/{job_id}")["deadLetters"] == listed["deadLetters"]
    shown = impatient.stack.loupe("dlq", "show", letter_id)
    assert f"normal/{job_id}/0" in shown.stdout
    assert f"loupe dlq redrive {letter_id}" in shown.stderr
    table = impatient.stack.loupe("dlq", "list", COLUMNS="200")
    assert ("DELIVERY_EXHAUSTED" in table.stdout, letter_id in table.stdout) == (True, True)


def test_a_letter_that_is_redriven_has_its_job_completed(impatient, dlq, dead):
    job_id, letter_id = dead
    assert dlq("redrive", letter_id)["redriven"] == [{"id": letter_id, "fate": "queued", "reason": "", "message": ""}]
    assert impatient.becomes(job_id, "COMPLETED")
    assert (impatient.job(job_id)["run"], kept(impatient)) == (2, [])


def test_everything_is_redriven_at_once_and_what_is_moot_is_dropped(impatient, dlq, dead):
    job_id, _ = dead
    again = dict(impatient.named("deadLetters", job_id)[0].to_dict())
    impatient.documents.document(f"deadLetters/{job_id}:9:9").set(again)
    fates = {one["fate"] for one in dlq("redrive", "--all")["redriven"]}
    assert fates == {"queued", "moot"}
    assert impatient.becomes(job_id, "COMPLETED")
    assert (impatient.job(job_id)["run"], kept(impatient)) == (2, [])
    assert dlq("redrive", "--all") == {"redriven": []}


def test_what_cannot_be_redriven_stays_and_says_why(impatient, dlq, dead):
    job_id, letter_id = dead
    impatient.remove_photo(job_id)
    (refused,) = dlq("redrive", job_id, code=1)["redriven"]
    assert (refused["fate"], refused["reason"]) == ("refused", "PHOTOS_GONE")
    assert kept(impatient) == [letter_id]
    assert dlq("drop", letter_id) == {"dropped": 1}
    assert kept(impatient) == []
    assert impatient.job(job_id)["state"] == "FAILED"


def test_a_letter_that_is_of_no_job_is_published_as_it_came(impatient, dlq):
    impatient.publish("uploads-dead", b"hello", some="thing", CloudPubSubDeadLetterSourceDeliveryCount="20")
    assert eventually(lambda: len(kept(impatient)) == 1)
    passed = len(impatient.lines("Passed over a notification"))
    (letter,) = dlq("list")["deadLetters"]
    assert (letter["reason"], letter["job"]) == ("MESSAGE_UNREADABLE", None)
    impatient.documents.document(f"deadLetters/{letter['id']}").update({"attributes.priority": "normal"})
    assert dlq("redrive", "--reason", "MESSAGE_UNREADABLE")["redriven"][0]["fate"] == "published"
    assert eventually(lambda: len(impatient.lines("Passed over a notification")) > passed)


def test_a_letter_goes_with_its_job_when_that_is_deleted(impatient, dlq, dead):
    job_id, _ = dead
    assert dlq("list")["deadLetters"]
    assert impatient.stack.loupe("delete", job_id).returncode == 0
    assert eventually(lambda: kept(impatient) == [], within=30)
    assert dlq("list") == {"deadLetters": [], "reasons": {}}


@pytest.mark.parametrize(
    "arguments",
    [["redrive"], ["redrive", "x", "--all"], ["drop", "--all", "--reason", "X"], ["show", "nothing"], ["drop", "no"]],
)
def test_a_command_that_does_not_say_which_is_called_wrongly(impatient, arguments):
    ended = impatient.stack.loupe("dlq", *arguments)
    assert (ended.returncode, "loupe dlq list" in ended.stderr) == (2, True)


def test_forgetting_everything_is_asked_about(impatient, dlq, dead):
    del dlq
    _, letter_id = dead
    refused = impatient.stack.loupe("dlq", "drop", "--all")
    assert (refused.returncode, kept(impatient)) != (0, [])
    assert kept(impatient) == [letter_id]
    assert impatient.stack.loupe("dlq", "drop", "--all", "--yes").returncode == 0
    assert kept(impatient) == []


def test_a_project_without_credentials_is_told_how_to_sign_in(impatient, tmp_path):
    ended = impatient.stack.loupe(
        "dlq", "list", "--project", "some-project", NO_GCE_CHECK="true", CLOUDSDK_CONFIG=str(tmp_path)
    )
    assert (ended.returncode, "gcloud auth application-default login" in ended.stderr) == (1, True)


@pytest.fixture
def short_of_breath(impatient):
    """Pub/Sub gives up a delivery after five quick tries, as subscriptions may be told to."""
    channel = grpc.insecure_channel(impatient.stack.running.ports.address("pubsub"))
    with channel, SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)) as subscriber:
        name = subscriber.subscription_path("demo-loupe", "analyze-normal")
        usual = subscriber.get_subscription(subscription=name, timeout=5)
        mask = {"paths": ["retry_policy", "dead_letter_policy"]}
        policy = types.DeadLetterPolicy(
            dead_letter_topic=usual.dead_letter_policy.dead_letter_topic, max_delivery_attempts=5
        )
        at_once = types.RetryPolicy(minimum_backoff=timedelta(0), maximum_backoff=timedelta(0))
        quick = types.Subscription(name=name, retry_policy=at_once, dead_letter_policy=policy)
        subscriber.update_subscription(subscription=quick, update_mask=mask, timeout=5)
        yield
        subscriber.update_subscription(subscription=usual, update_mask=mask, timeout=5)


@pytest.mark.usefixtures("short_of_breath")
def test_a_photo_that_pubsub_has_given_up_is_analysed_after_all(impatient, dlq):
    impatient.faults.add(Rule(call="pubsub.push", effect=Drop(), match={"subscription": "analyze-normal"}))
    with impatient.stack.phone() as phone:
        job_id = impatient.send(phone)
        assert impatient.becomes(job_id, "FAILED", "DELIVERY_EXHAUSTED")
        assert phone.get("status", f"/v1/jobs/{job_id}")["error"]["message"].endswith("Retry it.")
    impatient.faults.clear()
    assert eventually(lambda: len(impatient.named("deadLetters", job_id)) == 1)
    (letter,) = dlq("list")["deadLetters"]
    assert letter["attributes"]["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert dlq("redrive", "--all")["redriven"][0]["fate"] == "queued"
    assert impatient.becomes(job_id, "COMPLETED")
    assert kept(impatient) == []
