"""What a job's owner may ask for: cancel, retry, reprocess, delete; and nobody else may."""

from __future__ import annotations

import uuid

import httpx
import pytest

from localcloud.faults.effects import Drop, Error, Span
from localcloud.faults.rule import Rule
from loupe.client import uploads
from shared.errors import FailedPrecondition, InvalidArgument, LoupeError, NotFound
from shared.tasks import SWEEP
from tests.stack import eventually

LOST = Rule(call="storage.notify", effect=Drop())
HELD_UP = Rule(call="pubsub.push", effect=Drop(), match={"subscription": "analyze-normal"})
VERBS = (":cancel", ":retry", ":reprocess", "")


@pytest.fixture
def alice(impatient):
    with impatient.stack.phone() as phone:
        yield phone


@pytest.fixture
def completed(impatient, alice):
    job_id = impatient.send(alice)
    assert impatient.becomes(job_id, "COMPLETED")
    return job_id


@pytest.fixture
def failed(impatient, alice):
    """A job that stood still, and whose photo is there."""
    impatient.faults.add(LOST)
    job_id = impatient.send(alice)
    impatient.documents.document(f"jobs/{job_id}").update(
        {"state": "FAILED", "error": {"status": "UNAVAILABLE", "reason": "STALLED", "message": "Retry it."}}
    )
    impatient.faults.clear()
    return job_id


def ask(phone, job_id: str, verb: str, body: dict | None = None, *, key: str = "") -> dict:
    if not verb:
        return phone.delete("status", f"/v1/jobs/{job_id}")
    return phone.post("status", f"/v1/jobs/{job_id}{verb}", body or {}, key=key)


def refusal(phone, job_id: str, verb: str, kind: type[LoupeError], **more) -> str:
    with pytest.raises(kind) as refused:
        ask(phone, job_id, verb, **more)
    return refused.value.reason


def test_a_job_that_waits_is_cancelled_and_its_end_announced(impatient, alice):
    job_id = impatient.send(alice, photo=False)
    answer = ask(alice, job_id, ":cancel")
    assert (answer["name"], answer["state"], answer["stage"]) == (f"jobs/{job_id}", "CANCELLED", "done")
    assert impatient.documents.document(f"outbox/{job_id}:1:cancelled").get().to_dict()["state"] == "SENT"
    assert ask(alice, job_id, ":cancel")["completeTime"] == answer["completeTime"]
    assert refusal(alice, job_id, ":retry", FailedPrecondition) == "JOB_NOT_FAILED"


def test_a_job_that_is_final_stays_as_it_is_when_it_is_cancelled(impatient, alice, completed):
    before = impatient.job(completed)
    assert ask(alice, completed, ":cancel")["state"] == "COMPLETED"
    assert impatient.job(completed) == before


def test_a_failed_job_runs_once_more_at_once(impatient, alice, failed):
    answer = ask(alice, failed, ":retry")
    assert (answer["state"], answer["stage"], answer["run"], answer["error"]) == ("PENDING", "queued", 2, None)
    assert impatient.becomes(failed, "COMPLETED")
    assert impatient.job(failed)["run"] == 2
    assert refusal(alice, failed, ":retry", FailedPrecondition) == "JOB_NOT_FAILED"


def test_a_completed_job_is_processed_again_and_keeps_its_results_till_then(impatient, alice, completed):
    impatient.faults.add(HELD_UP)
    assert ask(alice, completed, ":reprocess")["run"] == 2
    assert impatient.job(completed)["summary"]
    assert refusal(alice, completed, ":reprocess", FailedPrecondition) == "JOB_NOT_COMPLETED"
    impatient.faults.clear()
    assert impatient.becomes(completed, "COMPLETED")
    assert (impatient.job(completed)["run"], impatient.job(completed)["attempt"]) == (2, 2)


@pytest.mark.parametrize("way", ["header", "body"])
def test_the_same_request_begins_one_run_however_late_it_comes(impatient, alice, failed, way):
    key = uuid.uuid4().hex
    given = {"key": key} if way == "header" else {"body": {"requestId": key}}
    assert ask(alice, failed, ":retry", **given)["run"] == 2
    assert ask(alice, failed, ":retry", **given)["run"] == 2
    assert impatient.becomes(failed, "COMPLETED")
    assert ask(alice, failed, ":retry", **given)["state"] == "COMPLETED"
    assert impatient.job(failed)["run"] == 2
    assert len(impatient.job(failed)["runTokens"]) == 1
    assert key not in str(impatient.job(failed))


def test_a_commit_that_was_applied_without_an_answer_begins_one_run(impatient, alice, failed):
    match = {"document": f"jobs/{failed}"}
    impatient.faults.add(
        Rule(call="firestore.Commit", effect=Error(code="UNAVAILABLE"), applied=True, count=1, match=match)
    )
    assert ask(alice, failed, ":retry")["run"] == 2
    assert impatient.becomes(failed, "COMPLETED")


def test_a_run_whose_message_cannot_be_sent_now_is_begun_by_the_sweep(impatient, alice, failed):
    impatient.faults.add(Rule(call="pubsub.Publish", effect=Error(code="RESOURCE_EXHAUSTED")))
    assert ask(alice, failed, ":retry")["state"] == "PENDING"
    impatient.faults.clear()
    impatient.task(SWEEP)
    assert impatient.becomes(failed, "COMPLETED")


@pytest.mark.parametrize(("verb", "job"), [(":retry", "failed"), (":reprocess", "completed")])
def test_a_job_whose_photo_is_gone_does_not_run_again_and_loses_nothing(impatient, alice, verb, job, request):
    job_id = request.getfixturevalue(job)
    impatient.remove_photo(job_id)
    before = impatient.job(job_id)
    assert refusal(alice, job_id, verb, FailedPrecondition) == "PHOTOS_GONE"
    assert impatient.job(job_id) == before


def test_a_job_that_had_its_ten_runs_has_had_enough(impatient, alice, failed):
    impatient.documents.document(f"jobs/{failed}").update({"run": 10})
    assert refusal(alice, failed, ":retry", FailedPrecondition) == "RUNS_EXHAUSTED"


def deleted(impatient, job_id: str) -> bool:
    """Whether nothing of a job is left but its tombstone, which names nobody."""
    tomb = impatient.job(job_id)
    return (tomb["uid"], tomb["summary"], impatient.objects(job_id), impatient.rows(job_id)) == ("", {}, [], [])


def test_a_deleted_job_leaves_nothing_behind(impatient, alice, completed):
    assert impatient.objects(completed)
    assert impatient.rows(completed)
    assert ask(alice, completed, "") == {}
    assert refusal(alice, completed, ":cancel", NotFound) == "JOB_NOT_FOUND"
    assert eventually(lambda: deleted(impatient, completed), within=30)
    assert impatient.job(completed)["purge"] in {"SETTLING", "DONE"}
    assert impatient.swept(lambda: impatient.job(completed)["purge"] == "DONE")
    assert deleted(impatient, completed)
    assert refusal(alice, completed, "", NotFound) == "JOB_NOT_FOUND"


def test_a_deletion_that_nobody_was_told_of_is_completed_by_the_sweep(impatient, alice, completed):
    impatient.faults.add(Rule(call="pubsub.Publish", effect=Error(code="RESOURCE_EXHAUSTED")))
    ask(alice, completed, "")
    impatient.faults.clear()
    assert impatient.objects(completed)
    impatient.task(SWEEP)
    assert eventually(lambda: deleted(impatient, completed), within=30)


def test_a_deletion_is_begun_again_where_it_broke_off(impatient, alice, completed):
    impatient.faults.add(Rule(call="storage.objects.delete", effect=Error(code="503"), after=1, count=12))
    ask(alice, completed, "")
    assert eventually(lambda: impatient.faults.rules()[0]["hits"] > 0)
    impatient.faults.clear()
    assert eventually(lambda: deleted(impatient, completed), within=40)


def test_a_job_that_is_deleted_before_its_photo_comes_stays_deleted(impatient, alice):
    job_id, places, found = impatient.create(alice)
    ask(alice, job_id, "")
    assert eventually(lambda: impatient.job(job_id)["purge"] == "SETTLING", within=30)
    uploads.send(alice, job_id, places, found)
    assert impatient.objects(job_id) == [f"normal/{job_id}/0"]
    assert impatient.swept(lambda: impatient.job(job_id)["purge"] == "DONE")
    assert deleted(impatient, job_id)


def test_a_job_that_is_deleted_while_it_waits_for_a_worker_is_not_worked_on(impatient, alice):
    impatient.faults.add(HELD_UP)
    job_id = impatient.send(alice)
    assert eventually(lambda: impatient.faults.rules()[0]["hits"] > 0)
    ask(alice, job_id, "")
    impatient.faults.clear()
    assert impatient.swept(lambda: impatient.job(job_id)["purge"] == "DONE")
    assert deleted(impatient, job_id)
    assert impatient.job(job_id)["attempt"] == 0


def test_a_job_that_is_deleted_while_it_is_worked_on_leaves_nothing_behind(impatient, alice):
    slow = Rule(call="storage.objects.media", delay_ms=Span(low=1500, high=1500), match={"object": "normal/"})
    impatient.faults.add(slow)
    job_id = impatient.send(alice)
    assert eventually(lambda: impatient.job(job_id)["state"] == "PROCESSING")
    ask(alice, job_id, "")
    assert eventually(lambda: bool(impatient.lines_of(job_id, "Photo 0: ended")), within=30)
    assert impatient.swept(lambda: impatient.job(job_id)["purge"] == "DONE")
    assert deleted(impatient, job_id)


def test_a_neighbour_of_a_deleted_job_keeps_everything(impatient, alice, completed):
    other = impatient.send(alice)
    assert impatient.becomes(other, "COMPLETED")
    before = impatient.objects(other), impatient.rows(other)
    ask(alice, completed, "")
    assert eventually(lambda: deleted(impatient, completed), within=30)
    assert (impatient.objects(other), impatient.rows(other)) == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_strangers_job_is_as_one_that_never_was(impatient, alice, completed, verb):
    del alice
    before = impatient.job(completed)
    with impatient.stack.phone() as eve:
        reasons = {refusal(eve, job_id, verb, NotFound) for job_id in (completed, "0" * 20, "x")}
    assert reasons == {"JOB_NOT_FOUND"}
    assert impatient.job(completed) == before


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_asks_without_a_token(impatient, completed, verb):
    url = f"{impatient.stack.running.urls['status']}/v1/jobs/{completed}{verb}"
    answer = httpx.request("POST" if verb else "DELETE", url)
    assert (answer.status_code, answer.json()["error"]["details"][0]["reason"]) == (401, "TOKEN_MISSING")


HOSTILE = [
    ({"requestId": ""}, "IDEMPOTENCY_KEY_INVALID"),
    ({"requestId": 7}, "INVALID_REQUEST"),
    ({"x": 1}, "INVALID_REQUEST"),
]


@pytest.mark.parametrize(("body", "reason"), HOSTILE)
def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(impatient, alice, failed, body, reason):
    assert refusal(alice, failed, ":retry", InvalidArgument, body=body) == reason
    assert impatient.job(failed)["run"] == 1


def test_no_body_at_all_is_enough(impatient, alice, failed):
    url = f"{impatient.stack.running.urls['status']}/v1/jobs/{failed}:retry"
    answer = httpx.post(url, headers={"Authorization": f"Bearer {alice._bearer()}"})
    assert (answer.status_code, answer.json()["run"]) == (200, 2)


def test_the_command_line_asks_for_the_same(impatient, alice, failed):
    stack = impatient.stack
    again = stack.loupe("retry", failed, "--json")
    assert (again.returncode, '"run": 2' in again.stdout) == (0, True), again.stderr
    assert impatient.becomes(failed, "COMPLETED")
    assert "COMPLETED" in stack.loupe("cancel", failed).stderr
    assert "in run 3" in stack.loupe("reprocess", f"jobs/{failed}").stderr
    assert stack.loupe("delete", failed).returncode == 0
    gone = stack.loupe("retry", failed)
    assert (gone.returncode, "JOB_NOT_FOUND" in gone.stderr) == (1, True)
    assert stack.loupe("delete", "nonsense").returncode == 2
    del alice
