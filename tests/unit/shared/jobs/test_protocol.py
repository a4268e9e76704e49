"""The job protocol, decision by decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.jobs import protocol, wishes
from shared.jobs.protocol import CLOCK_SKEW, LEASE, MAX_ATTEMPTS, MAX_CLAIMS, RUN_CEILING, Completion, Outcome
from shared.model.job import Job
from shared.model.states import NEXT, PROGRESS, RANK, ChargeState, ImageState, Stage, State, can_follow
from tests.unit.shared.jobs.jobs import AFTER_LEASE, FAILURE, T0, a_job, arrive, claimed


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
    taken = claimed(job, owner="b", at=T0 + AFTER_LEASE)
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
        at += AFTER_LEASE
    verdict = arrive(job, owner="last", at=at)
    assert verdict.outcome is Outcome.ENDED
    assert verdict.ended_now
    assert verdict.job is not None
    assert verdict.job.state is State.FAILED
    assert verdict.job.error is not None
    assert verdict.job.error.reason == "ATTEMPTS_EXHAUSTED"


def test_a_worker_that_lost_its_fence_can_neither_advance_nor_complete_nor_fail_nor_release():
    old = claimed(owner="a")
    new = claimed(old, owner="b", at=T0 + AFTER_LEASE)
    fence = old.attempt
    verdicts = [
        protocol.advance(new, fence, Stage.ANALYZING, now=T0, lease=LEASE),
        protocol.renew(new, fence, now=T0, lease=LEASE),
        protocol.reserve(new, fence, "call", {"TEXT": 1}, now=T0, lease=LEASE),
        protocol.mark(new, fence, (), ChargeState.CALLED, now=T0, lease=LEASE),
        protocol.complete(new, fence, Completion(summary={}), now=T0),
        protocol.fail(new, fence, FAILURE, now=T0),
        protocol.release(new, fence, passing=True, now=T0),
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
        protocol.renew(final, 1, now=T0, lease=LEASE),
        protocol.reserve(final, 1, "call", {"TEXT": 1}, now=T0, lease=LEASE),
        protocol.mark(final, 1, (), ChargeState.CALLED, now=T0, lease=LEASE),
        protocol.complete(final, 1, Completion(summary={}), now=T0),
        protocol.fail(final, 1, FAILURE, now=T0),
        protocol.release(final, 1, passing=True, now=T0),
    ]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ENDED}
    assert all(verdict.job is None for verdict in verdicts)


def test_a_released_job_can_be_claimed_at_once():
    released = protocol.release(claimed(owner="a"), 1, passing=False, now=T0)
    assert released.outcome is Outcome.HELD
    assert claimed(released.job, owner="b").attempt == 2


def test_a_release_that_was_applied_without_an_answer_is_counted_once():
    released = protocol.release(claimed(owner="a"), 1, passing=True, now=T0)
    again = protocol.release(released.job, 1, passing=True, now=T0)
    assert (again.outcome, again.job) == (Outcome.HELD, None)


def started_and_released(times: int, *, passing: bool, job: Job | None = None) -> Job:
    job = job or a_job()
    for _ in range(times):
        held = claimed(job)
        released = protocol.release(held, held.attempt, passing=passing, now=T0)
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


def test_a_worker_that_breaks_is_held_against_the_job_as_is_one_that_vanishes():
    job = started_and_released(MAX_ATTEMPTS - 1, passing=False)
    assert arrive(claimed(job), owner="z", at=T0 + AFTER_LEASE).ended_now


def test_another_run_begins_to_count_anew():
    job = started_and_released(MAX_ATTEMPTS, passing=False)
    ended = arrive(job, owner="z").job
    again = wishes.retry(ended, {0: 7}, token="t", now=T0).job
    assert started_and_released(MAX_ATTEMPTS - 1, passing=False, job=again).state is State.PROCESSING


def test_no_set_of_photos_is_worked_on_more_often_than_the_ceiling_whatever_the_reason():
    job = replace(claimed(), attempt=RUN_CEILING, lease_owner=None, lease_expire_time=None)
    verdict = arrive(job, owner="z")
    assert verdict.ended_now
    assert verdict.job is not None
    assert verdict.job.error is not None
    assert verdict.job.error.reason == "RUN_CEILING"


def test_a_renewed_lease_begins_anew_and_changes_nothing_else():
    job = claimed()
    later = T0 + timedelta(seconds=60)
    renewed = protocol.renew(job, 1, now=later, lease=LEASE).job
    assert renewed == replace(job, lease_expire_time=later + LEASE, update_time=later)


def test_the_rank_counts_the_run_before_the_state():
    assert RANK.keys() == set(State)
    assert all(RANK[then] >= RANK[now] for now in State for then in NEXT[now])
    assert replace(a_job(), run=2).rank > replace(claimed(), state=State.COMPLETED).rank


def test_every_state_has_its_followers_and_none_leads_back_to_pending():
    assert set(NEXT) == set(State)
    assert not any(can_follow(state, State.PENDING) for state in State)
    assert {state for state in State if state.terminal} == {State.COMPLETED, State.FAILED, State.CANCELLED}


def test_progress_grows_with_the_stages():
    assert [PROGRESS[stage] for stage in Stage] == sorted(PROGRESS[stage] for stage in Stage)
