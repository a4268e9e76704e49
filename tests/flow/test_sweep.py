"""What stops moving is found and brought to an end by the sweep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.faults.effects import Drop, Error
from localcloud.faults.rule import Rule
from shared.documents import to_document
from shared.jobs.outbox import OutboxRow
from shared.tasks import PURGE, SWEEP
from tests.stack import eventually

LOST = Rule(call="storage.notify", effect=Drop())


@pytest.fixture
def send(impatient):
    """A job of somebody new."""

    def create(*, photo: bool = True) -> str:
        with impatient.stack.phone() as phone:
            return impatient.send(phone, photo=photo)

    return create


def test_a_photo_whose_notification_got_lost_is_analysed(impatient, send):
    impatient.faults.add(LOST)
    job_id = send()
    assert eventually(lambda: impatient.faults.rules()[0]["hits"] > 0)
    assert impatient.job(job_id)["state"] == "PENDING"
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "COMPLETED")
    assert impatient.job(job_id)["attempt"] == 1


def test_a_job_whose_photos_never_come_fails_and_says_so(impatient, send):
    job_id = send(photo=False)
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "FAILED", "UPLOAD_EXPIRED")
    row = impatient.documents.document(f"outbox/{job_id}:1:failed")
    assert eventually(lambda: row.get().to_dict()["state"] == "SENT")


def test_a_job_that_stands_still_even_when_it_is_delivered_again_fails_with_a_reason(impatient, send):
    impatient.faults.add(LOST)
    impatient.faults.add(Rule(call="pubsub.push", effect=Drop(), match={"subscription": "analyze-normal"}))
    job_id = send()
    impatient.task(SWEEP)
    assert eventually(lambda: impatient.job(job_id)["redriveTime"] is not None)
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "FAILED", "STALLED")
    said = impatient.lines(f"Job {job_id} has FAILED")
    assert [(line["severity"], line["logging.googleapis.com/labels"]["job_id"]) for line in said] == [("ERROR", job_id)]


def test_a_lease_that_ran_out_is_taken_over(impatient, send):
    impatient.faults.add(LOST)
    job_id = send()
    assert eventually(lambda: impatient.faults.rules()[0]["hits"] > 0)
    before = datetime.now(UTC) - timedelta(minutes=3)
    dead = {"state": "PROCESSING", "attempt": 1, "leaseOwner": "a worker that died", "leaseExpireTime": before}
    generation = impatient.generation(job_id)
    arrived = {"images.0.generation": generation, "images.0.state": "ARRIVED"}
    impatient.documents.document(f"jobs/{job_id}").update({**dead, **arrived, "stage": "reading", "updateTime": before})
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "COMPLETED")
    assert impatient.job(job_id)["attempt"] == 2


def test_a_row_that_its_maker_did_not_send_is_sent(impatient):
    at = datetime.now(UTC) - timedelta(minutes=5)
    row = OutboxRow(
        uid="u", job_id="x" * 20, payload={"n": 1}, create_time=at, update_time=at, expire_time=at + timedelta(days=1)
    )
    unsent = impatient.documents.document(f"outbox/{'x' * 20}:1:completed")
    unsent.set(to_document(row))
    impatient.task(SWEEP)
    assert eventually(lambda: unsent.get().to_dict()["state"] == "SENT", within=30)


def test_one_document_that_makes_no_sense_does_not_keep_the_others_waiting(impatient, send):
    broken = impatient.documents.document("jobs/" + "0" * 20)
    broken.set({"state": "PENDING", "uid": 5})
    job_id = send(photo=False)
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "FAILED", "UPLOAD_EXPIRED")
    assert eventually(lambda: bool(impatient.lines("jobs/" + "0" * 20)))
    broken.delete()


def test_two_sweeps_at_once_end_a_job_once(impatient, send):
    job_ids = [send(photo=False) for _ in range(3)]
    for _ in range(4):
        impatient.task(SWEEP)
    assert all(impatient.becomes(job_id, "FAILED", "UPLOAD_EXPIRED") for job_id in job_ids)
    assert {impatient.documents.document(f"outbox/{job_id}:1:failed").get().exists for job_id in job_ids} == {True}


def test_a_failing_service_leaves_the_rest_to_the_next_sweep(impatient, send):
    impatient.faults.add(Rule(call="storage.objects.get", effect=Error(code="503"), count=1, applied=False))
    job_id = send(photo=False)
    impatient.task(SWEEP)
    impatient.task(SWEEP)
    assert impatient.becomes(job_id, "FAILED", "UPLOAD_EXPIRED")


@pytest.mark.parametrize(
    "attributes", [{"priority": "high"}, {"task": "dance"}, {"task": PURGE}, {"task": PURGE, "jobId": "../other"}]
)
def test_a_task_that_can_never_be_done_is_dropped(impatient, attributes):
    before = len(impatient.lines("Dropped a"))
    impatient.publish("tasks", **attributes)
    assert eventually(lambda: len(impatient.lines("Dropped a")) > before)


def test_the_sweep_says_in_the_log_what_it_did(impatient, send):
    send(photo=False)
    impatient.task(SWEEP)
    assert eventually(
        lambda: any("fail" in line["logging.googleapis.com/labels"] for line in impatient.lines("Swept in"))
    )
