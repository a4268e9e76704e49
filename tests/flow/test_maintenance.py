"""What has expired and what belongs to nothing is gone after maintenance, in Firestore and in Cloud Storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.model.job import new_job_id
from shared.tasks import MAINTENANCE
from tests.stack import eventually

PAST = datetime.now(UTC) - timedelta(minutes=1)


def sent(impatient) -> str:
    with impatient.stack.phone() as phone:
        job_id = impatient.send(phone)
    assert impatient.becomes(job_id, "COMPLETED")
    return job_id


def test_an_expired_job_goes_with_everything_it_has_and_another_stays(impatient):
    expired, alive = sent(impatient), sent(impatient)
    kept = (impatient.objects(alive), impatient.rows(alive))
    assert impatient.objects(expired)
    assert impatient.rows(expired)
    impatient.documents.document(f"jobs/{expired}").update({"expireTime": PAST})
    impatient.task(MAINTENANCE)
    assert eventually(lambda: not impatient.documents.document(f"jobs/{expired}").get().exists, within=40)
    assert (impatient.objects(expired), impatient.rows(expired)) == ([], [])
    assert (impatient.objects(alive), impatient.rows(alive)) == kept
    assert impatient.job(alive)["state"] == "COMPLETED"


def test_objects_and_documents_that_a_vanished_job_left_behind_go(impatient):
    job_id = sent(impatient)
    impatient.documents.document(f"jobs/{job_id}").delete()
    assert impatient.objects(job_id)
    impatient.task(MAINTENANCE)
    assert eventually(lambda: not impatient.objects(job_id), within=40)
    assert eventually(lambda: not impatient.rows(job_id))
    assert eventually(lambda: bool(impatient.lines('"maintenance_removed"')))
    done = {"task": MAINTENANCE}
    assert eventually(lambda: any(line["metric"]["labels"] == done for line in impatient.lines('"tasks_done"')))
    assert not impatient.lines_of(job_id, "Traceback")


def test_documents_past_their_time_go_by_themselves(impatient):
    old = impatient.documents.document(f"cache/{new_job_id()}")
    young = impatient.documents.document(f"cache/{new_job_id()}")
    old.set({"expireTime": PAST})
    young.set({"expireTime": PAST + timedelta(days=1)})
    impatient.task(MAINTENANCE)
    assert eventually(lambda: not old.get().exists, within=40)
    assert young.get().exists
    young.delete()
