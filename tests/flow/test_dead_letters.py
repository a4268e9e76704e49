"""A delivery that Pub/Sub has given up: its job FAILED, and the message is kept until somebody has dealt with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.faults.effects import Drop, Error
from localcloud.faults.rule import Rule
from shared.events import notification
from shared.jobs.protocol import Arrival
from tests.stack import eventually

LOST = Rule(call="storage.notify", effect=Drop())


@pytest.fixture
def undelivered(impatient):
    """A job whose photo is there, and whose notification got lost: its id and what the notification would have said."""
    impatient.faults.add(LOST)
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
    return job_id, json.dumps(payload).encode(), attributes


@pytest.fixture
def letters(impatient):
    """The letters that are kept of a job, by id."""

    def find(job_id: str) -> dict[str, dict]:
        return {letter.id: letter.to_dict() for letter in impatient.named("deadLetters", job_id)}

    return find


def test_a_delivery_that_is_given_up_fails_its_job_and_is_kept_in_full(impatient, undelivered, letters):
    job_id, data, attributes = undelivered
    impatient.publish("uploads-dead", data, **attributes, CloudPubSubDeadLetterSourceDeliveryCount="20")
    assert impatient.becomes(job_id, "FAILED", "DELIVERY_EXHAUSTED")
    assert eventually(lambda: len(letters(job_id)) == 1)
    ((letter_id, letter),) = letters(job_id).items()
    assert letter_id == f"{job_id}:0:{attributes['objectGeneration']}"
    assert (letter["reason"], letter["uid"], letter["data"]) == (
        "DELIVERY_EXHAUSTED",
        impatient.job(job_id)["uid"],
        data,
    )
    assert letter["attributes"] == {**attributes, "CloudPubSubDeadLetterSourceDeliveryCount": "20"}
    row = impatient.documents.document(f"outbox/{job_id}:1:failed")
    assert eventually(lambda: row.get().to_dict()["state"] == "SENT")
    assert len(impatient.lines(f"Job {job_id} has FAILED")) == 1


def test_a_letter_that_comes_twice_is_kept_once_and_counted(impatient, undelivered, letters):
    job_id, data, attributes = undelivered
    impatient.faults.add(
        Rule(call="pubsub.push", effect=Drop(), applied=True, count=1, match={"subscription": "analyze-dead-letters"})
    )
    impatient.publish("uploads-dead", data, **attributes)
    impatient.publish("uploads-dead", data, **attributes)
    assert eventually(lambda: [letter["count"] for letter in letters(job_id).values()] == [2], within=30)
    assert impatient.becomes(job_id, "FAILED", "DELIVERY_EXHAUSTED")


@pytest.mark.parametrize("applied", [False, True], ids=["lost", "applied without an answer"])
def test_a_handler_whose_every_commit_goes_wrong_once_comes_to_the_same_end(impatient, undelivered, letters, applied):
    job_id, data, attributes = undelivered
    for prefix in (f"jobs/{job_id}", f"deadLetters/{job_id}"):
        impatient.faults.add(
            Rule(
                call="firestore.Commit",
                effect=Error(code="UNAVAILABLE"),
                applied=applied,
                count=1,
                match={"document": prefix},
            )
        )
    impatient.publish("uploads-dead", data, **attributes)
    assert impatient.becomes(job_id, "FAILED", "DELIVERY_EXHAUSTED")
    assert eventually(lambda: [letter["count"] for letter in letters(job_id).values()] == [1])
    assert [rule["hits"] for rule in impatient.faults.rules()] == [1, 1]
    assert len(impatient.lines(f"Job {job_id} has FAILED")) == 1


def test_a_job_that_is_worked_on_is_left_to_its_worker(impatient, undelivered, letters):
    job_id, data, attributes = undelivered
    lease = datetime.now(UTC) + timedelta(seconds=3600)
    held = {"state": "PROCESSING", "attempt": 1, "leaseOwner": "somebody", "leaseExpireTime": lease}
    impatient.documents.document(f"jobs/{job_id}").update(held)
    before = len(impatient.lines("JOB_BUSY"))
    impatient.publish("uploads-dead", data, **attributes)
    assert eventually(lambda: len(impatient.lines("JOB_BUSY")) > before)
    assert (impatient.job(job_id)["state"], letters(job_id)) == ("PROCESSING", {})
    ended = {"state": "COMPLETED", "stage": "done", "leaseOwner": None, "leaseExpireTime": None}
    impatient.documents.document(f"jobs/{job_id}").update(ended)
    assert eventually(lambda: bool(impatient.lines("Passed over a dead letter")), within=30)
    assert letters(job_id) == {}


def test_a_letter_of_an_earlier_run_does_not_end_the_present_one(impatient, undelivered, letters):
    job_id, data, attributes = undelivered
    impatient.documents.document(f"jobs/{job_id}").update({"run": 2, "runTokens": ["t"]})
    before = (datetime.now(UTC) - timedelta(minutes=9)).isoformat()
    passed = len(impatient.lines("Passed over a dead letter"))
    impatient.publish("uploads-dead", data, **attributes, CloudPubSubDeadLetterSourceTopicPublishTime=before)
    assert eventually(lambda: len(impatient.lines("Passed over a dead letter")) > passed)
    assert (impatient.job(job_id)["state"], letters(job_id)) == ("PENDING", {})


@pytest.mark.parametrize("attributes", [{"some": "thing"}, {"eventType": "OBJECT_FINALIZE", "bucketId": "b"}])
def test_what_is_no_notification_is_kept_as_it_is(impatient, letters, attributes):
    impatient.publish("uploads-dead", b"\x00\xff", **attributes)
    assert eventually(lambda: any(letter["attributes"] == attributes for letter in letters("").values()))
    assert {letter["reason"] for letter in letters("").values()} == {"MESSAGE_UNREADABLE"}


def test_a_letter_of_a_job_that_never_was_is_kept_under_that_reason(impatient, letters):
    job_id = "0" * 19 + "z"
    arrival = Arrival(bucket="demo-loupe-uploads", name=f"normal/{job_id}/0", generation=7, size=1, content_type="x")
    _, attributes = notification(arrival, priority="normal")
    impatient.publish("uploads-dead", b"{}", **attributes)
    assert eventually(lambda: [letter["reason"] for letter in letters(job_id).values()] == ["JOB_UNKNOWN"])
