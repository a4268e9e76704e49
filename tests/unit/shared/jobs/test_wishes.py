"""What an owner may ask for: cancel, retry, process again, hand over."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.errors import FailedPrecondition
from shared.jobs import tombstone, wishes
from shared.jobs.protocol import RUN_CEILING, Outcome
from shared.jobs.wishes import MAX_RUNS
from shared.model.job import Job
from shared.model.states import ImageState, Stage, State
from tests.unit.shared.jobs.jobs import GENERATION, T0, a_job, arrive, claimed, completed, failed

THERE = {0: GENERATION}


def retry(job: Job | None, *, request: str = "t", photos: wishes.Photos = THERE):
    return wishes.retry(job, photos, token=request, now=T0)


def reprocess(job: Job | None, *, request: str = "t", photos: wishes.Photos = THERE):
    return wishes.reprocess(job, photos, token=request, now=T0)


def reason(wish) -> str:
    with pytest.raises(FailedPrecondition) as refusal:
        wish()
    return refusal.value.reason


@pytest.mark.parametrize("job", [a_job(), claimed()], ids=lambda job: job.state)
def test_a_job_that_is_not_final_can_be_cancelled_and_says_so_once(job):
    verdict = wishes.cancel(job, now=T0)
    assert verdict.ended_now
    assert verdict.job is not None
    assert (verdict.job.state, verdict.job.lease_owner) == (State.CANCELLED, None)
    again = wishes.cancel(verdict.job, now=T0)
    assert (again.outcome, again.job, again.ended_now) == (Outcome.ENDED, None, False)


def test_cancelling_leaves_a_result_as_it_is():
    assert wishes.cancel(completed(), now=T0).job is None


def test_a_failed_job_can_be_retried_and_is_delivered_again():
    verdict = retry(failed())
    assert verdict.queued_now
    job = verdict.job
    assert job is not None
    assert (job.state, job.stage, job.run, job.error) == (State.PENDING, Stage.QUEUED, 2, None)
    assert job.images["0"].state is ImageState.ARRIVED
    assert job.rank > failed().rank
    again = arrive(job, owner="b")
    assert again.outcome is Outcome.CLAIMED
    assert again.job is not None
    assert again.job.attempt == failed().attempt + 1


def test_a_job_with_results_can_be_processed_again_and_keeps_them_meanwhile():
    job = reprocess(completed()).job
    assert job is not None
    assert (job.state, job.run, job.summary) == (State.PENDING, 2, {"text": "x"})


def test_a_request_that_is_repeated_however_late_begins_no_other_run():
    job = retry(failed(), request="first").job
    assert retry(job, request="first").job is None
    other = retry(failed(claimed(job, owner="b")), request="second").job
    third = failed(claimed(other, owner="c"))
    assert retry(third, request="first").outcome is Outcome.QUEUED
    assert retry(third, request="first").job is None
    assert retry(third, request="third").job is not None


@pytest.mark.parametrize(
    ("wish", "job", "expected"),
    [
        (retry, a_job(), "JOB_NOT_FAILED"),
        (retry, completed(), "JOB_NOT_FAILED"),
        (reprocess, claimed(), "JOB_NOT_COMPLETED"),
        (reprocess, failed(), "JOB_NOT_COMPLETED"),
        (retry, replace(failed(), run=MAX_RUNS), "RUNS_EXHAUSTED"),
        (reprocess, replace(completed(), attempt=RUN_CEILING), "RUNS_EXHAUSTED"),
    ],
)
def test_what_cannot_be_run_again_is_refused_with_a_reason(wish, job, expected):
    assert reason(lambda: wish(job)) == expected


@pytest.mark.parametrize("photos", [{}, {0: None}, {0: GENERATION + 1}])
def test_a_job_whose_photos_are_not_what_they_were_cannot_run_again(photos):
    assert reason(lambda: retry(failed(), photos=photos)) == "PHOTOS_GONE"


def test_a_photo_that_came_too_late_is_taken_by_a_retry():
    late = replace(failed(claimed()), images=a_job().images)
    job = retry(late).job
    assert job is not None
    assert job.images["0"].generation == GENERATION


def test_a_job_changes_its_owner_in_every_state():
    for job in (a_job(), claimed(), completed()):
        verdict = wishes.hand_over(job, giver="u", taker="v", now=T0)
        assert verdict.job is not None
        assert (verdict.job.uid, verdict.job.state) == ("v", job.state)
        assert wishes.hand_over(verdict.job, giver="u", taker="v", now=T0).job is None


def test_nobody_gives_away_what_is_not_his():
    assert wishes.hand_over(a_job(), giver="x", taker="v", now=T0).outcome is Outcome.UNKNOWN


def test_a_deleted_job_grants_no_wishes():
    buried = tombstone.bury(failed(), now=T0).job
    verdicts = [
        wishes.cancel(buried, now=T0),
        retry(buried),
        wishes.hand_over(buried, giver="u", taker="v", now=T0),
        wishes.cancel(None, now=T0),
        retry(None),
        reprocess(None),
    ]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.UNKNOWN}
    assert all(verdict.job is None for verdict in verdicts)
