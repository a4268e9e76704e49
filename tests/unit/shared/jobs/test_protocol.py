"""The job protocol, decision by decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.jobs import protocol
from shared.jobs.protocol import CLOCK_SKEW, LEASE, MAX_ATTEMPTS, MAX_CLAIMS, Completion, Outcome
from shared.model.job import KEPT, Failure, Job, JobImage
from shared.model.states import NEXT, PROGRESS, ImageState, Stage, State, can_follow

T0 = datetime(2026, 1, 1, tzinfo=UTC)
FAILURE = Failure(status="INVALID_ARGUMENT", reason="UNREADABLE", message="Send it again.", image=0)


def a_job(*, photos: int = 1) -> Job:
    images = {str(index): JobImage(content_type="image/jpeg", size=9) for index in range(photos)}
    return Job(uid="u", kind="inspection", images=images, create_time=T0, update_time=T0, expire_time=T0 + KEPT)


def arrive(job: Job | None, index: int = 0, *, generation: int = 7, owner: str = "a", at: datetime = T0):
    return protocol.arrive(job, index, generation, owner=owner, now=at, lease=LEASE)


def claimed(job: Job | None = None, *, owner: str = "a", at: datetime = T0) -> Job:
    verdict = arrive(job or a_job(), owner=owner, at=at)
    assert verdict.outcome is Outcome.CLAIMED
    assert verdict.job is not None
    return verdict.job


def test_the_delivery_that_completes_the_set_claims_the_job():
    first = arrive(a_job(photos=2), 0)
    assert first.outcome is Outcome.RECORDED
    assert first.job is not None
    second = arrive(first.job, 1)
    assert second.outcome is Outcome.CLAIMED
    assert second.job is not None
    assert (second.job.state, second.job.attempt, second.job.stage) == (State.PROCESSING, 1, Stage.READING)
    assert second.job.lease_expire_time == T0 + LEASE


def test_the_same_arrival_twice_is_recorded_once_and_writes_nothing_the_second_time():
    first = arrive(a_job(photos=2), 0)
    again = arrive(first.job, 0, owner="b")
    assert again.outcome is Outcome.RECORDED
    assert again.job is None


def test_a_delivery_whose_claim_was_applied_without_an_answer_finds_itself_as_the_owner():
    job = claimed(owner="a")
    verdict = arrive(job, owner="a")
    assert verdict.outcome is Outcome.CLAIMED
    assert verdict.job is None


def test_another_delivery_is_busy_while_the_lease_lives_and_for_the_clock_skew_after_it():
    job = claimed(owner="a")
    assert arrive(job, owner="b").outcome is Outcome.BUSY
    assert arrive(job, owner="b", at=T0 + LEASE + CLOCK_SKEW - timedelta(seconds=1)).outcome is Outcome.BUSY


def test_after_the_lease_another_delivery_takes_over_with_a_higher_fence():
    job = claimed(owner="a")
    taken = claimed(job, owner="b", at=T0 + LEASE + CLOCK_SKEW + timedelta(seconds=1))
    assert taken.attempt == job.attempt + 1
    assert taken.start_time == job.start_time


def test_another_generation_of_a_photo_that_has_arrived_is_not_ours():
    assert arrive(claimed(), generation=8).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("index", [1, 99])
def test_a_photo_that_was_never_announced_is_unknown(index):
    assert arrive(a_job(), index).outcome is Outcome.UNKNOWN


def test_a_job_that_does_not_exist_is_unknown():
    assert arrive(None).outcome is Outcome.UNKNOWN


def test_attempts_are_bounded_and_the_last_one_ends_the_job_with_a_reason():
    job, at = a_job(), T0
    for number in range(MAX_ATTEMPTS):
        job = claimed(job, owner=str(number), at=at)
        at += LEASE + CLOCK_SKEW + timedelta(seconds=1)
    verdict = arrive(job, owner="last", at=at)
    assert verdict.outcome is Outcome.ENDED
    assert verdict.ended_now
    assert verdict.job is not None
    assert verdict.job.state is State.FAILED
    assert verdict.job.error is not None
    assert verdict.job.error.reason == "ATTEMPTS_EXHAUSTED"


def test_a_worker_that_lost_its_fence_can_neither_advance_nor_complete_nor_fail_nor_release():
    old = claimed(owner="a")
    new = claimed(old, owner="b", at=T0 + LEASE + CLOCK_SKEW + timedelta(seconds=1))
    fence = old.attempt
    verdicts = [
        protocol.advance(new, fence, Stage.ANALYZING, now=T0, lease=LEASE),
        protocol.complete(new, fence, Completion(summary={}), now=T0),
        protocol.fail(new, fence, FAILURE, now=T0),
        protocol.release(new, fence, now=T0, passing=True),
    ]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.FENCED}
    assert all(verdict.job is None for verdict in verdicts)


def test_completion_ends_the_job_and_frees_the_lease():
    verdict = protocol.complete(claimed(), 1, Completion(summary={"text": "x"}), now=T0)
    assert verdict.ended_now
    assert verdict.job is not None
    assert (verdict.job.state, verdict.job.progress, verdict.job.lease_owner) == (State.COMPLETED, 1.0, None)
    assert verdict.job.images["0"].state is ImageState.ACCEPTED


def test_a_rejected_photo_fails_the_job_and_is_marked():
    verdict = protocol.fail(claimed(), 1, FAILURE, now=T0)
    assert verdict.job is not None
    assert verdict.job.error == FAILURE
    assert verdict.job.images["0"].state is ImageState.REJECTED


@pytest.mark.parametrize("state", [state for state in State if state.terminal])
def test_nothing_changes_a_final_job(state):
    final = replace(claimed(), state=state)
    verdicts = [
        arrive(final, owner="z"),
        protocol.claim(final, owner="z", now=T0, lease=LEASE),
        protocol.advance(final, 1, Stage.ANALYZING, now=T0, lease=LEASE),
        protocol.complete(final, 1, Completion(summary={}), now=T0),
        protocol.fail(final, 1, FAILURE, now=T0),
        protocol.release(final, 1, now=T0, passing=True),
    ]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ENDED}
    assert all(verdict.job is None for verdict in verdicts)


def test_a_released_job_can_be_claimed_at_once():
    released = protocol.release(claimed(owner="a"), 1, now=T0, passing=False)
    assert released.outcome is Outcome.HELD
    assert claimed(released.job, owner="b").attempt == 2


def test_a_release_that_was_applied_without_an_answer_is_counted_once():
    released = protocol.release(claimed(owner="a"), 1, now=T0, passing=True)
    again = protocol.release(released.job, 1, now=T0, passing=True)
    assert (again.outcome, again.job) == (Outcome.HELD, None)


def started_and_released(times: int, *, passing: bool) -> Job:
    job = a_job()
    for number in range(times):
        released = protocol.release(claimed(job, owner=str(number)), number + 1, now=T0, passing=passing)
        assert released.job is not None
        job = released.job
    return job


def test_passing_failures_are_not_held_against_a_job():
    job = started_and_released(MAX_ATTEMPTS + 3, passing=True)
    assert arrive(job, owner="next").outcome is Outcome.CLAIMED


@pytest.mark.parametrize(("times", "passing"), [(MAX_ATTEMPTS, False), (MAX_CLAIMS, True)])
def test_a_job_that_fails_every_time_ends(times, passing):
    verdict = arrive(started_and_released(times, passing=passing), owner="next")
    assert verdict.ended_now
    assert verdict.job is not None
    assert verdict.job.error is not None
    assert verdict.job.error.reason == "ATTEMPTS_EXHAUSTED"


def test_every_state_has_its_followers_and_none_leads_back_to_pending():
    assert set(NEXT) == set(State)
    assert not any(can_follow(state, State.PENDING) for state in State)
    assert {state for state in State if state.terminal} == {State.COMPLETED, State.FAILED, State.CANCELLED}


def test_progress_grows_with_the_stages():
    assert [PROGRESS[stage] for stage in Stage] == sorted(PROGRESS[stage] for stage in Stage)
