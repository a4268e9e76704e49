"""A deleted job: what is left of it, whom it fences, and when the rest is removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.jobs import protocol, tombstone
from shared.jobs.protocol import LEASE, Completion, Outcome
from shared.jobs.tombstone import SETTLE
from shared.model.job import Job
from shared.model.states import Purge, Stage, State
from tests.unit.shared.jobs.jobs import FAILURE, T0, a_job, arrive, claimed, completed, failed

SECOND = timedelta(seconds=1)
TOLD = {"asset_id": "meter 7", "options": {"text": True}, "summary": {"text": "secret"}}


def buried(job: Job) -> Job:
    stone = tombstone.bury(job, now=T0).job
    assert stone is not None
    return stone


def removed(job: Job, *, began: timedelta, now: timedelta | None = None) -> Job | None:
    return tombstone.removed(job, began=T0 + began, now=T0 + (now or began)).job


@pytest.mark.parametrize("job", [a_job(), claimed(), completed(), failed()], ids=lambda job: job.state)
def test_a_tombstone_is_final_and_knows_nothing_of_what_was_sent_or_found(job):
    stone = buried(replace(job, **TOLD))
    assert stone.state.terminal
    assert (stone.asset_id, stone.options, stone.summary, stone.images, stone.error) == (None, {}, {}, {}, None)
    assert (stone.attempt, stone.run, stone.uid) == (job.attempt, job.run, job.uid)
    assert not stone.alive(T0)
    assert stone.rank >= job.rank


def test_burying_twice_is_as_good_as_once():
    again = tombstone.bury(buried(completed()), now=T0 + SECOND)
    assert (again.outcome, again.job) == (Outcome.ENDED, None)
    assert tombstone.bury(None, now=T0).outcome is Outcome.UNKNOWN


def test_a_tombstone_announces_nothing():
    assert not tombstone.bury(claimed(), now=T0).ended_now


@pytest.mark.parametrize("job", [a_job(), claimed()], ids=lambda job: job.state)
def test_nothing_that_deliveries_or_workers_do_changes_a_tombstone(job):
    stone = buried(job)
    verdicts = [
        arrive(stone),
        protocol.claim(stone, owner="z", now=T0, lease=LEASE),
        protocol.advance(stone, stone.attempt, Stage.ANALYZING, now=T0, lease=LEASE),
        protocol.complete(stone, stone.attempt, Completion(summary={}), now=T0),
        protocol.fail(stone, stone.attempt, FAILURE, now=T0),
        protocol.release(stone, stone.attempt, passing=True, now=T0),
    ]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ENDED}
    assert all(verdict.job is None for verdict in verdicts)


def test_what_a_deleted_worker_had_reserved_goes_back():
    reserved = protocol.reserve(claimed(), 1, "call", {"TEXT": 1500}, now=T0, lease=LEASE).job
    verdict = tombstone.bury(reserved, now=T0)
    assert [one.spent for one in verdict.closed] == [0]
    assert verdict.job is not None
    assert verdict.job.charges == {}


def test_everything_is_removed_at_once_and_once_more_when_no_worker_can_be_left():
    stone = buried(claimed())
    assert tombstone.due(stone, T0)
    settling = removed(stone, began=SECOND)
    assert settling is not None
    assert (settling.purge, settling.uid) == (Purge.SETTLING, "")
    assert not tombstone.due(settling, T0 + SETTLE - SECOND)
    assert tombstone.due(settling, T0 + SETTLE)
    done = removed(settling, began=SETTLE)
    assert done is not None
    assert done.purge is Purge.DONE
    assert not tombstone.due(done, T0 + 2 * SETTLE)
    assert removed(done, began=2 * SETTLE) is None


def test_a_removal_that_began_too_early_is_not_the_last_one_however_long_it_took():
    settling = removed(buried(claimed()), began=SETTLE - SECOND, now=3 * SETTLE)
    assert settling is not None
    assert settling.purge is Purge.SETTLING
    assert removed(settling, began=SETTLE - SECOND) is None


def test_a_job_that_is_not_deleted_is_never_removed():
    assert not tombstone.due(completed(), T0 + 9 * SETTLE)
    assert tombstone.removed(completed(), began=T0, now=T0).outcome is Outcome.UNKNOWN
    assert tombstone.removed(None, began=T0, now=T0).outcome is Outcome.UNKNOWN


def test_a_job_that_was_cancelled_before_stays_so():
    assert buried(replace(claimed(), state=State.CANCELLED)).state is State.CANCELLED
