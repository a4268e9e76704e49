"""The sweep: what it does about a job that stands still, and what becomes of a dead letter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.jobs import protocol, sweep, tombstone
from shared.jobs.protocol import CLOCK_SKEW, LEASE, Outcome
from shared.jobs.sweep import PATIENCE, Facts, Step
from shared.jobs.tombstone import SETTLE
from shared.model.job import Job
from shared.model.states import Purge, State
from tests.unit.shared.jobs.jobs import GENERATION, T0, a_job, arrive, claimed, completed, failed

SECOND = timedelta(seconds=1)
QUIET = PATIENCE.silence
THERE, MISSING = Facts(photos={0: GENERATION}), Facts(photos={0: None})


def decide(job: Job | None, after: timedelta, facts: Facts = MISSING) -> sweep.Action:
    return sweep.decide(job, facts, T0 + after)


def moved(action: sweep.Action) -> Job:
    assert action.verdict.job is not None
    return action.verdict.job


def released() -> Job:
    job = protocol.release(claimed(), 1, passing=True, now=T0).job
    assert job is not None
    return job


def test_a_job_that_moved_a_moment_ago_is_left_alone():
    assert decide(a_job(), QUIET - SECOND, THERE).step is Step.WAIT


def test_a_photo_whose_notification_never_came_is_delivered():
    action = decide(a_job(), QUIET, THERE)
    assert (action.step, action.deliver) == (Step.DELIVER, ((0, GENERATION),))
    assert moved(action).redrive_time == T0 + QUIET


def test_only_photos_that_are_there_and_were_not_heard_of_are_delivered():
    heard = arrive(a_job(photos=3), 0).job
    action = decide(heard, QUIET, Facts(photos={0: GENERATION, 1: 8, 2: None}))
    assert action.deliver == ((1, 8),)


def test_a_photo_that_was_not_sent_is_waited_for_and_then_the_job_fails():
    assert decide(a_job(), PATIENCE.uploads - SECOND).step is Step.WAIT
    action = decide(a_job(), PATIENCE.uploads)
    assert action.step is Step.FAIL
    assert action.verdict.ended_now
    assert moved(action).error == sweep.EXPIRED


def test_a_lease_that_is_alive_is_respected_whatever_the_time_of_the_last_change():
    held = claimed()
    assert decide(held, LEASE + CLOCK_SKEW - SECOND).step is Step.WAIT
    assert decide(held, LEASE + QUIET - SECOND).step is Step.WAIT
    action = decide(held, LEASE + QUIET)
    assert (action.step, action.deliver) == (Step.DELIVER, ((0, GENERATION),))


def test_a_job_that_was_given_back_and_not_taken_again_is_delivered():
    assert decide(released(), QUIET).step is Step.DELIVER


def test_a_job_that_does_not_move_after_it_was_delivered_again_is_given_up():
    again = moved(decide(released(), QUIET))
    assert decide(again, QUIET + PATIENCE.stalled - SECOND).step is Step.WAIT
    action = decide(again, QUIET + PATIENCE.stalled)
    assert action.step is Step.FAIL
    assert moved(action).error == sweep.STALLED


def test_a_job_that_moves_is_delivered_again_the_next_time_it_stands_still():
    again = moved(decide(released(), QUIET))
    taken = claimed(again, owner="b", at=T0 + QUIET)
    assert taken.redrive_time is None
    heard = arrive(replace(a_job(photos=2), redrive_time=T0), 0).job
    assert heard is not None
    assert heard.redrive_time is None


@pytest.mark.parametrize("job", [None, completed(), failed()], ids=["none", "COMPLETED", "FAILED"])
def test_what_is_final_or_gone_is_left_alone(job):
    assert decide(job, 9 * PATIENCE.uploads).step is Step.WAIT


def test_a_deleted_job_is_purged_at_once_and_once_more():
    stone = tombstone.bury(claimed(), now=T0).job
    assert decide(stone, SECOND).step is Step.PURGE
    assert stone is not None
    settling = replace(stone, purge=Purge.SETTLING)
    assert decide(settling, SETTLE - SECOND).step is Step.WAIT
    assert decide(settling, SETTLE).step is Step.PURGE


def test_cloud_storage_is_asked_only_where_the_answer_matters():
    assert sweep.curious(a_job(), T0 + QUIET)
    assert not sweep.curious(a_job(), T0)
    assert not sweep.curious(released(), T0 + QUIET)
    assert not sweep.curious(completed(), T0 + QUIET)


@pytest.mark.parametrize("job", [a_job(), released()], ids=["awaiting", "released"])
def test_a_dead_letter_fails_a_job_that_nobody_works_on(job):
    verdict = sweep.dead_letter(job, now=T0)
    assert verdict.ended_now
    assert verdict.job is not None
    assert (verdict.job.state, verdict.job.error) == (State.FAILED, sweep.UNDELIVERABLE)


def test_a_dead_letter_leaves_a_worker_to_its_work_and_comes_again():
    assert sweep.dead_letter(claimed(), now=T0).outcome is Outcome.BUSY
    assert sweep.dead_letter(claimed(), now=T0 + LEASE + CLOCK_SKEW).ended_now


@pytest.mark.parametrize("job", [completed(), failed(), tombstone.bury(claimed(), now=T0).job])
def test_a_dead_letter_changes_nothing_that_is_final(job):
    verdict = sweep.dead_letter(job, now=T0)
    assert (verdict.outcome, verdict.job) == (Outcome.ENDED, None)


def test_a_dead_letter_of_a_job_that_is_not_there_is_nobodys():
    assert sweep.dead_letter(None, now=T0).outcome is Outcome.UNKNOWN


def test_a_dead_letter_of_an_earlier_run_says_nothing_about_the_present_one():
    again = replace(a_job(), run=2, update_time=T0)
    assert sweep.dead_letter(again, now=T0, published=T0 - SECOND).outcome is Outcome.QUEUED
    assert sweep.dead_letter(again, now=T0, published=T0).ended_now
    assert sweep.dead_letter(again, now=T0).ended_now
    assert sweep.dead_letter(a_job(), now=T0, published=T0 - SECOND).ended_now
