"""What has gone wrong in other people's pipelines, in public, and does not here.

Each test is named after a failure that was reported; the thread is in its text.
"""

from __future__ import annotations

import contextlib
import logging

import grpc
import pytest
from google.api_core.exceptions import RetryError, ServiceUnavailable

from shared.documents import from_document
from shared.errors import FailedPrecondition, Unavailable
from shared.jobs.control import Control
from shared.jobs.protocol import CLOCK_SKEW, LEASE, MAX_ATTEMPTS, RUN_CEILING, Outcome
from shared.jobs.store import Claim, Jobs
from shared.model.job import Failure, Job
from tests.chaos.killing import Killed, dies_at, lives
from tests.chaos.stage import GENERATION, JOB, Stage, error_inside, status

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
    assert len(eye.calls) == 1
    assert len(stage.events) == 1
    assert stage.job["attempt"] == 1


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
