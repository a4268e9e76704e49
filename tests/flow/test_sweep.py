"""What stops moving is found and brought to an end: by the sweep, on a stack whose patience is short."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage

from localcloud.faults.effects import Drop, Error
from localcloud.faults.rule import Rule
from localcloud.topology import Names
from loupe.client import photos, uploads
from loupe.client.faults import FaultsClient
from loupe.client.uploads import Wanted
from loupe.client.watching import database
from shared.documents import to_document
from shared.jobs.outbox import OutboxRow
from shared.tasks import PURGE, SWEEP
from tests.stack import ENOUGH, QUICK_LEASE, UNSWEPT, eventually, started

NAMES = Names(project="demo-loupe")
IMPATIENT = {f"SWEEP_{name}_SECONDS": "0" for name in ("SILENCE", "UPLOADS", "STALLED", "SETTLE")}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    data = tmp_path_factory.mktemp("swept") / "data"
    with started(data, upload=ENOUGH, analyze=QUICK_LEASE | IMPATIENT, localcloud=UNSWEPT) as running:
        yield running


@pytest.fixture(scope="module")
def documents(stack):
    client = database(stack.running)
    yield client
    client.close()


@pytest.fixture(scope="module")
def publish(stack):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", stack.running.ports.address("pubsub"))
        publisher = pubsub_v1.PublisherClient(credentials=AnonymousCredentials())
        yield lambda **attributes: publisher.publish(NAMES.topic("tasks"), b"", **attributes).result(timeout=10)
        publisher.stop()


@pytest.fixture
def faults(stack):
    client = FaultsClient(stack.running)
    yield client
    client.clear()


@pytest.fixture
def send(stack, samples):
    """A job whose photo is sent, or not; answers the job's id at once."""

    def create(*, photo: bool = True) -> str:
        found = tuple(photos.find([samples["wall.webp"].path]))
        with stack.phone() as phone:
            job_id, places = uploads.create(phone, Wanted(kind="inspection", photos=found, options={"text": False}))
            if photo:
                uploads.send(phone, job_id, places, found)
        return job_id

    return create


@pytest.fixture
def job(documents):
    return lambda job_id: documents.document(f"jobs/{job_id}").get().to_dict()


@pytest.fixture
def becomes(job):
    """Whether the job comes to a state (and a reason) in time."""

    def ask(job_id: str, state: str, reason: str | None = None) -> bool:
        def there() -> bool:
            found = job(job_id)
            return found["state"] == state and (found["error"] or {}).get("reason") == reason

        return eventually(there, within=30)

    return ask


def lines(stack, text: str) -> list[dict]:
    """What analyze has logged that holds a text."""
    printed = (stack.data / "logs" / "analyze.log").read_text().splitlines()
    return [json.loads(line) for line in printed if line.startswith("{") and text in line]


def test_a_photo_whose_notification_got_lost_is_analysed(faults, send, publish, job, becomes):
    faults.add(Rule(call="storage.notify", effect=Drop()))
    job_id = send()
    assert eventually(lambda: FaultsClient.rules(faults)[0]["hits"] > 0)
    assert job(job_id)["state"] == "PENDING"
    publish(task=SWEEP)
    assert becomes(job_id, "COMPLETED")
    assert job(job_id)["attempt"] == 1


def test_a_job_whose_photos_never_come_fails_and_says_so(send, publish, becomes, documents):
    job_id = send(photo=False)
    publish(task=SWEEP)
    assert becomes(job_id, "FAILED", "UPLOAD_EXPIRED")
    row = documents.document(f"outbox/{job_id}:1:failed")
    assert eventually(lambda: row.get().to_dict()["state"] == "SENT")


def test_a_job_that_stands_still_even_when_it_is_delivered_again_fails_with_a_reason(
    faults, send, publish, becomes, stack, job
):
    faults.add(Rule(call="storage.notify", effect=Drop()))
    faults.add(Rule(call="pubsub.push", effect=Drop(), match={"subscription": "analyze-normal"}))
    job_id = send()
    publish(task=SWEEP)
    assert eventually(lambda: job(job_id)["redriveTime"] is not None)
    publish(task=SWEEP)
    assert becomes(job_id, "FAILED", "STALLED")
    said = lines(stack, f"Job {job_id} has FAILED")
    assert [(line["severity"], line["logging.googleapis.com/labels"]["job_id"]) for line in said] == [("ERROR", job_id)]


def test_a_lease_that_ran_out_is_taken_over(stack, send, publish, job, becomes, documents, faults):
    faults.add(Rule(call="storage.notify", effect=Drop()))
    job_id = send()
    assert eventually(lambda: faults.rules()[0]["hits"] > 0)
    before = datetime.now(UTC) - timedelta(minutes=3)
    dead = {"state": "PROCESSING", "attempt": 1, "leaseOwner": "a worker that died", "leaseExpireTime": before}
    generation = storage_generation(stack, job_id)
    arrived = {"images.0.generation": generation, "images.0.state": "ARRIVED"}
    documents.document(f"jobs/{job_id}").update({**dead, **arrived, "stage": "reading", "updateTime": before})
    publish(task=SWEEP)
    assert becomes(job_id, "COMPLETED")
    assert job(job_id)["attempt"] == 2


def storage_generation(stack, job_id: str) -> int:
    client = storage.Client(
        project="demo-loupe",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=stack.running.urls["storage"]),
    )
    blob = client.bucket(NAMES.uploads_bucket).get_blob(f"normal/{job_id}/0")
    client.close()
    return int(blob.generation)


def test_a_row_that_its_maker_did_not_send_is_sent(documents, publish):
    at = datetime.now(UTC) - timedelta(minutes=5)
    row = OutboxRow(
        uid="u", job_id="x" * 20, payload={"n": 1}, create_time=at, update_time=at, expire_time=at + timedelta(days=1)
    )
    unsent = documents.document(f"outbox/{'x' * 20}:1:completed")
    unsent.set(to_document(row))
    publish(task=SWEEP)
    assert eventually(lambda: unsent.get().to_dict()["state"] == "SENT", within=30)


def test_one_document_that_makes_no_sense_does_not_keep_the_others_waiting(documents, send, publish, becomes, stack):
    broken = documents.document("jobs/" + "0" * 20)
    broken.set({"state": "PENDING", "uid": 5})
    job_id = send(photo=False)
    publish(task=SWEEP)
    assert becomes(job_id, "FAILED", "UPLOAD_EXPIRED")
    assert eventually(lambda: bool(lines(stack, "jobs/" + "0" * 20)))
    broken.delete()


def test_two_sweeps_at_once_end_a_job_once(send, publish, becomes, documents):
    job_ids = [send(photo=False) for _ in range(3)]
    for _ in range(4):
        publish(task=SWEEP)
    assert all(becomes(job_id, "FAILED", "UPLOAD_EXPIRED") for job_id in job_ids)
    assert {documents.document(f"outbox/{job_id}:1:failed").get().exists for job_id in job_ids} == {True}


def test_a_failing_service_leaves_the_rest_to_the_next_sweep(faults, send, publish, becomes):
    faults.add(Rule(call="storage.objects.get", effect=Error(code="503"), count=1, applied=False))
    job_id = send(photo=False)
    publish(task=SWEEP)
    publish(task=SWEEP)
    assert becomes(job_id, "FAILED", "UPLOAD_EXPIRED")


@pytest.mark.parametrize(
    "attributes", [{"priority": "high"}, {"task": "dance"}, {"task": PURGE}, {"task": PURGE, "jobId": "../other"}]
)
def test_a_task_that_can_never_be_done_is_dropped(publish, stack, attributes):
    before = len(lines(stack, "Dropped a"))
    publish(**attributes)
    assert eventually(lambda: len(lines(stack, "Dropped a")) > before)


def test_the_sweep_says_in_the_log_what_it_did(publish, stack, send):
    send(photo=False)
    publish(task=SWEEP)
    assert eventually(lambda: any("fail" in line["logging.googleapis.com/labels"] for line in lines(stack, "Swept in")))
