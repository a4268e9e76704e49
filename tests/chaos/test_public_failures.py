"""What has gone wrong in other people's pipelines, in public, and does not here.

Each test is named after a failure that was reported; the thread is in its text.
"""

from __future__ import annotations

import contextlib
import logging

import grpc
import pytest
from google.api_core.exceptions import RetryError, ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage, vision

from functions.analyze.objects import Objects
from shared.documents import from_document
from shared.errors import FailedPrecondition, Unavailable
from shared.jobs.control import Control
from shared.jobs.protocol import CLOCK_SKEW, LEASE, MAX_ATTEMPTS, RUN_CEILING, Outcome
from shared.jobs.store import Claim, Jobs
from shared.jobs.sweep import PATIENCE, Facts, Step
from shared.jobs.upkeep import Upkeep
from shared.model.job import Failure, Job
from shared.model.kinds import Priority
from tests.chaos.killing import Killed, dies_at, lives
from tests.chaos.stage import GENERATION, JOB, Stage, colours, error_inside, status
from tests.running import local_cloud

A_LEASE = (LEASE + CLOCK_SKEW).total_seconds() + 1
FAILURE = Failure(status="INTERNAL", reason="TOO_LATE", message="A worker that woke up too late.")


def killed(stage: Stage, step: str) -> None:
    """A delivery whose worker is killed at a step."""
    stage.before = dies_at(step)
    with pytest.raises(Killed):
        stage.push()
    stage.before = lives


@pytest.mark.parametrize("changes", [{"bucketId": "derived"}, {"objectId": f"{JOB}/0/7/normalized.jpg"}])
def test_a_derived_object_starts_nothing_though_its_notification_comes(stage, changes):
    """firebase/extensions#3189: 1,437 images became 34.9 million runs, because outputs triggered the function."""
    before = dict(stage.database.documents)
    stage.push(**changes)
    assert stage.database.documents == before
    assert stage.diary == []


def test_every_picture_that_is_written_would_start_nothing_if_it_were_notified(stage):
    stage.push()
    assert len(stage.derived) == 2
    stage.diary.clear()
    for name in stage.derived:
        stage.push(objectId=name)
    assert stage.diary == []


def test_whatever_goes_round_in_circles_stops_at_the_ceiling_with_an_error_in_the_log(stage, caplog):
    """A service that is away, and a client that retries for ever."""

    def away(name: str) -> None:
        if name == "read":
            raise ServiceUnavailable("as told")

    stage.before = away
    control = Control(Jobs(stage.database, clock=lambda: stage.at, uploads_bucket="uploads"))
    with caplog.at_level(logging.ERROR):
        for number in range(2 * RUN_CEILING):
            with contextlib.suppress(ServiceUnavailable):
                stage.push()
            if stage.job["state"] == "FAILED" and stage.job["error"]["reason"] != "RUN_CEILING":
                control.retry(JOB, {0: GENERATION}, token=str(number))
    assert (stage.job["state"], stage.job["error"]["reason"]) == ("FAILED", "RUN_CEILING")
    assert stage.job["attempt"] == RUN_CEILING
    assert stage.diary.count("read") == RUN_CEILING
    assert [JOB in record.message for record in caplog.records if "RUN_CEILING" in record.message] == [True]
    with pytest.raises(FailedPrecondition, match="RUNS_EXHAUSTED"):
        control.retry(JOB, {0: GENERATION}, token="once more")


def test_one_upload_is_one_execution_however_often_it_is_delivered(stage, eye):
    """accelerated-idp#904: 4,384 uploads became 14,727 executions, all billed, with every alarm reporting OK."""
    for message in ("1", "1", "2", "3", "3"):
        stage.push(message=message)
    assert [stage.diary.count(step) for step in ("arrive", "read", "call", "complete")] == [5, 1, 1, 1]
    assert eye.calls == [["TEXT_DETECTION", "IMAGE_PROPERTIES"]]  # one request for all, where samples make one for each
    assert len(stage.events) == 1
    assert stage.job["attempt"] == 1


@pytest.mark.parametrize("step", ["read", "judge", "advance", "derive", "reserve", "begin_call", "complete"])
def test_a_worker_that_dies_leaves_no_mark_that_makes_others_take_its_job_for_a_duplicate(stage, step):
    """The recipe that many posts give (create a marker first): a fifth of all jobs is lost when workers die."""
    killed(stage, step)
    stage.pass_time(A_LEASE)
    stage.push()
    assert (stage.job["state"], stage.job["attempt"]) == ("COMPLETED", 2)


def test_a_defect_is_not_swallowed(stage):
    """storage-resize-images, storage-label-images, media2cloud: what is caught and logged is never tried again."""

    def broken(name: str) -> None:
        if name == "judge":
            raise ZeroDivisionError("as told")

    stage.before = broken
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            stage.push()
    stage.push()
    assert (stage.job["state"], stage.job["error"]["reason"]) == ("FAILED", "ATTEMPTS_EXHAUSTED")
    assert [event for event, _ in stage.events] == [f"{JOB}:1:failed"]


def test_a_job_that_stands_still_does_not_stay_processing(stage):
    """lambda-refarch-imagerecognition#90, civitai#4657: "processing" for ever, because nobody comes back to it."""
    killed(stage, "advance")
    told: list[dict[str, str]] = []
    upkeep = Upkeep(Jobs(stage.database, clock=lambda: stage.at, uploads_bucket="uploads"))

    def sweep() -> Step:
        return upkeep.look(JOB, Facts(), lambda _, attributes: told.append(attributes)).step

    assert sweep() is Step.WAIT
    stage.pass_time(A_LEASE + PATIENCE.silence.total_seconds())
    assert (sweep(), sweep()) == (Step.DELIVER, Step.WAIT)
    assert [attributes["objectId"] for attributes in told] == [f"normal/{JOB}/0"]
    stage.pass_time(PATIENCE.stalled.total_seconds())
    assert sweep() is Step.FAIL
    assert (stage.job["state"], stage.job["error"]["reason"]) == ("FAILED", "STALLED")


def test_deleting_a_job_leaves_alone_what_is_only_called_alike(tmp_path):
    """accelerated-idp: deleting `a.pdf` by prefix took the outputs of `a.pdf2` with it."""
    other = f"{JOB}2"
    with local_cloud(tmp_path, "storage") as cloud:
        endpoint = {"api_endpoint": cloud.ports.url("storage")}
        client = storage.Client(project=cloud.project, credentials=AnonymousCredentials(), client_options=endpoint)
        for bucket in ("uploads", "derived"):
            client.create_bucket(bucket)
        for job in (JOB, other):
            client.bucket("uploads").blob(f"normal/{job}/0").upload_from_string(b"a photo")
            client.bucket("derived").blob(f"{job}/0/7/normalized.jpg").upload_from_string(b"a picture")
        Objects(client, uploads="uploads", derived="derived").remove(JOB, Priority.NORMAL)
        left = [blob.name for bucket in ("uploads", "derived") for blob in client.list_blobs(bucket)]
        client.close()
    assert left == [f"normal/{other}/0", f"{other}/0/7/normalized.jpg"]


def test_a_stale_failure_does_not_overwrite_a_success(stage):
    """accelerated-idp#989: a stale duplicate overwrote a COMPLETED document with FAILED."""
    killed(stage, "advance")
    slow = Jobs(stage.database, clock=lambda: stage.at)
    claim = _claim(stage)
    stage.pass_time(A_LEASE)
    stage.push()
    success = dict(stage.job)
    assert success["state"] == "COMPLETED"
    assert slow.fail(claim, FAILURE, {}) is Outcome.ENDED
    assert stage.job == success


def test_a_worker_that_comes_back_does_not_free_the_lease_of_the_one_after_it(stage):
    """AWS Powertools: a handler that raises after its lease ran out deletes the record of the next one."""
    killed(stage, "advance")
    slow, claim = Jobs(stage.database, clock=lambda: stage.at), _claim(stage)
    stage.pass_time(A_LEASE)
    killed(stage, "advance")
    held = dict(stage.job)
    assert held["attempt"] == 2
    assert slow.release(claim, passing=True) is Outcome.FENCED
    assert stage.job == held
    with pytest.raises(Unavailable, match="JOB_BUSY"):
        stage.push()


@pytest.mark.parametrize("end", ["the next attempt", "cancelled", "deleted", "exhausted"])
def test_a_counter_does_not_leak_when_its_worker_vanishes(stage, end):
    """accelerated-idp#657, #665: a counter leaked to 100 of 100, and nothing was processed for 2 h 37 min."""
    killed(stage, "begin_call")
    assert stage.day == (2500, 0)
    control = Control(Jobs(stage.database, clock=lambda: stage.at))
    if end == "the next attempt":
        stage.pass_time(A_LEASE)
        stage.push()
    elif end == "cancelled":
        control.cancel(JOB)
    elif end == "deleted":
        control.bury(JOB)
    else:
        for _ in range(MAX_ATTEMPTS - 1):
            stage.pass_time(A_LEASE)
            killed(stage, "begin_call")
        stage.pass_time(A_LEASE)
        stage.push()
        assert stage.job["error"]["reason"] == "ATTEMPTS_EXHAUSTED"
    states = [entry["state"] for entry in stage.entries]
    assert stage.day[0] == 0
    assert "RESERVED" not in states
    assert states.count("SETTLED") == (2 if end == "the next attempt" else 0)


def test_an_error_inside_an_answer_of_200_is_not_taken_for_a_result(stage, eye):
    """terraform-ml-image-annotation-gcf: Vision's error in the body of an answer of 200 is stored as the result."""
    eye.script = [error_inside]
    stage.push()
    assert stage.job["state"] == "COMPLETED"
    assert {left["reason"] for left in stage.job["degraded"]} == {"TEXT_UNAVAILABLE", "COLORS_UNAVAILABLE"}
    assert "text" not in stage.job["summary"]
    assert [path for path in stage.database.documents if path.startswith("cache/")] == []


def test_a_part_of_an_answer_does_not_pass_for_the_whole(stage, eye):
    """firebase/extensions#2809, accelerated-idp#45: some outputs were missing, and everything said success."""

    def half(context: grpc.ServicerContext) -> vision.AnnotateImageResponse:
        answer = colours(context)
        answer.error = {"code": 14, "message": "Text could not be read."}
        return answer

    eye.script = [half]
    stage.push()
    assert stage.job["summary"]["colors"] == ["#ff0000"]
    assert [left["reason"] for left in stage.job["degraded"]] == ["TEXT_UNAVAILABLE"]


def test_what_vision_has_answered_is_not_paid_again_by_the_next_attempt(stage, eye):
    """python-vision#72: every retry of a job was charged again."""
    killed(stage, "complete")
    stage.pass_time(A_LEASE)
    stage.push()
    assert stage.job["state"] == "COMPLETED"
    assert stage.job["summary"]["colors"] == ["#ff0000"]
    assert len(eye.calls) == 1
    assert stage.day == (0, 2500)
    assert stage.job["cost"] == {"TEXT_DETECTION": 1500, "IMAGE_PROPERTIES": 1000, "microUsd": 2500}


def test_a_call_that_may_have_been_billed_is_counted_and_not_repeated(stage, eye):
    """python-vision#72: a request that ended with 500 was charged all the same, and so was its repetition."""
    eye.script = [status(grpc.StatusCode.INTERNAL)]
    stage.push()
    assert len(eye.calls) == 1
    assert stage.day == (0, 2500)
    assert {left["reason"] for left in stage.job["degraded"]} == {"TEXT_UNAVAILABLE", "COLORS_UNAVAILABLE"}


def test_a_call_that_was_refused_costs_nothing(stage, eye):
    eye.script = [status(grpc.StatusCode.PERMISSION_DENIED)]
    stage.push()
    assert stage.day == (0, 0)
    assert {entry["state"] for entry in stage.entries} == {"REFUNDED"}
    assert stage.job["cost"] == {}


def test_a_call_that_was_never_made_costs_nothing_though_its_beginning_was_noted(stage, eye):
    """The note is written, its answer is lost for as long as it is asked for, and the worker gives the job back."""

    def unanswered(name: str) -> None:
        if name == "release":
            assert len(stage.job["charges"]) == 2
            for charge in stage.job["charges"].values():
                charge["state"] = "CALLED"
        if name == "begin_call":
            raise RetryError("as told", ServiceUnavailable("as told"))

    stage.before = unanswered
    with pytest.raises(RetryError):
        stage.push()
    assert eye.calls == []
    assert stage.day == (0, 0)
    assert {entry["state"] for entry in stage.entries} == {"REFUNDED"}


def test_a_worker_that_dies_in_a_call_is_taken_to_have_made_it(stage, eye):
    """Nobody can know; so the budget counts it, and says that it guesses."""
    killed(stage, "call")
    stage.pass_time(A_LEASE)
    stage.push()
    assert len(eye.calls) == 1
    assert stage.day == (0, 5000)
    assert [entry.get("assumed", False) for entry in stage.entries] == [True, True, False, False]


def test_a_database_that_is_away_for_a_while_loses_nothing_and_pays_nothing_twice(stage, eye):
    """The commit of the result fails, so does giving the job back; both would be tried again by a new delivery."""

    def away(name: str) -> None:
        if name in ("complete", "release"):
            raise RetryError("as told", ServiceUnavailable("as told"))

    stage.before = away
    with pytest.raises(RetryError):
        stage.push()
    stage.before = lives
    with pytest.raises(Unavailable, match="JOB_BUSY"):
        stage.push()
    stage.pass_time(A_LEASE)
    stage.push()
    assert (stage.job["state"], len(eye.calls)) == ("COMPLETED", 1)
    assert stage.day == (0, 2500)


def _claim(stage: Stage) -> Claim:
    """The claim that the worker in hand believes to have."""
    return Claim(job_id=JOB, job=from_document(stage.job, Job))
