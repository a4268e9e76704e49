"""Whatever happens to a job, in whatever order, these things hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import FailedPrecondition
from shared.jobs import protocol, sweep, tombstone, wishes
from shared.jobs.protocol import CLOCK_SKEW, LEASE, MAX_CLAIMS, RUN_CEILING, Completion, Outcome, Verdict
from shared.jobs.sweep import Facts
from shared.jobs.wishes import MAX_RUNS
from shared.model.job import KEPT, Failure, Job, JobImage
from shared.model.states import ChargeState, Stage, State

T0 = datetime(2026, 1, 1, tzinfo=UTC)
FAILURE = Failure(status="INTERNAL", reason="X", message="x")
PRICES = {"TEXT": 1500, "COLORS": 1000}
THERE = {0: 1, 1: 1}

# number: a fence, an owner or a token. photo, generation: of an arrival.
Happening = Callable[[Job, int, int, int, datetime], Verdict]
HAPPENINGS: dict[str, Happening] = {
    "arrive": lambda job, number, photo, generation, at: protocol.arrive(
        job, photo, generation, owner=f"{number}@{at}", now=at, lease=LEASE
    ),
    "advance": lambda job, number, _, __, at: protocol.advance(job, number, Stage.ANALYZING, now=at, lease=LEASE),
    "renew": lambda job, number, _, __, at: protocol.renew(job, number, now=at, lease=LEASE),
    "reserve": lambda job, number, call, _, at: protocol.reserve(job, number, str(call), PRICES, now=at, lease=LEASE),
    "call": lambda job, number, _, __, at: protocol.mark(
        job, number, job.charges, ChargeState.CALLED, now=at, lease=LEASE
    ),
    "complete": lambda job, number, _, __, at: protocol.complete(
        job, number, Completion(summary={"by": number}), now=at
    ),
    "fail": lambda job, number, _, __, at: protocol.fail(job, number, FAILURE, now=at),
    "release": lambda job, number, passing, _, at: protocol.release(job, number, passing=bool(passing), now=at),
    "cancel": lambda job, _, __, ___, at: wishes.cancel(job, now=at),
    "retry": lambda job, number, _, __, at: wishes.retry(job, THERE, token=str(number), now=at),
    "reprocess": lambda job, number, _, __, at: wishes.reprocess(job, THERE, token=f"r{number}", now=at),
    "hand over": lambda job, _, __, ___, at: wishes.hand_over(job, giver="u", taker="v", now=at),
    "bury": lambda job, _, __, ___, at: tombstone.bury(job, now=at),
    "removed": lambda job, _, __, ___, at: tombstone.removed(job, began=at, now=at),
    "sweep": lambda job, _, __, ___, at: sweep.decide(job, Facts(photos=THERE), at).verdict,
    "dead letter": lambda job, _, __, ___, at: sweep.dead_letter(job, now=at),
}

events = st.tuples(
    st.sampled_from(["arrive", "arrive", "complete", "release", *HAPPENINGS]),
    st.integers(0, 6),  # fence, owner or token
    st.integers(0, 2),  # photo
    st.integers(1, 2),  # generation
    st.sampled_from([0, 1, 60, 131, 200, 2000, 90_000]),  # seconds that pass
)


def a_job(photos: int) -> Job:
    images = {str(index): JobImage(content_type="image/jpeg", size=1) for index in range(photos)}
    return Job(uid="u", kind="inspection", images=images, create_time=T0, update_time=T0, expire_time=T0 + KEPT)


def check_step(job: Job, after: Job, verdict: Verdict, at: datetime) -> None:
    """What holds of every single change."""
    assert after.rank >= job.rank
    assert job.run <= after.run <= min(job.run + 1, MAX_RUNS)
    assert job.attempt <= after.attempt <= min(job.attempt + 1, RUN_CEILING)
    assert after.releases <= after.attempt - after.run_attempt <= MAX_CLAIMS
    for index, image in after.images.items():
        assert job.images[index].generation in (None, image.generation)
    if verdict.outcome is Outcome.CLAIMED:
        assert after.attempt == job.attempt + 1
        assert job.lease_expire_time is None or job.lease_expire_time + CLOCK_SKEW <= at
        assert all(image.generation for image in after.images.values())
    if after.attempt > job.attempt or after.state.terminal or after.lease_owner is None:
        assert after.charges == {}
    if job.delete_time is not None:
        assert (after.delete_time, after.state, after.summary, after.images) == (job.delete_time, job.state, {}, {})
    if job.state.terminal and after.run == job.run and after.delete_time is None:
        assert (after.state, after.summary, after.error) == (job.state, job.summary, job.error)


@given(st.integers(1, 2), st.lists(events, max_size=60))
def test_whatever_happens_a_job_only_moves_forward_and_its_accounts_are_closed(photos, history):
    job, at = a_job(photos), T0
    reserved = closed = endings = 0
    for what, number, photo, generation, seconds in history:
        at += timedelta(seconds=seconds)
        try:
            verdict = HAPPENINGS[what](job, number, photo, generation, at)
        except FailedPrecondition:
            continue
        endings += verdict.ended_now
        closed += len(verdict.closed)
        if verdict.job is None:
            assert not verdict.closed
            assert not verdict.ended_now
            continue
        check_step(job, verdict.job, verdict, at)
        reserved += len(verdict.job.charges.keys() - job.charges.keys())
        job = verdict.job
    assert reserved == closed + len(job.charges)
    assert endings <= job.run
    assert job.delete_time is not None or endings == job.run - (not job.state.terminal)


def counts(job: Job) -> tuple[object, ...]:
    """What a second time would show in."""
    return job.attempt, job.run, job.run_attempt, job.releases, job.charges, job.cost, job.run_tokens


@given(st.sampled_from(sorted(HAPPENINGS)), st.lists(events, max_size=30), st.integers(0, 6))
def test_a_decision_that_is_taken_again_on_its_own_effect_writes_nothing_that_counts(what, history, number):
    """A commit that was applied without an answer is decided on again: nothing is ended, queued or charged twice."""
    job, at = a_job(1), T0
    for name, *numbers, seconds in history:
        at += timedelta(seconds=seconds)
        try:
            job = HAPPENINGS[name](job, *numbers, at).job or job
        except FailedPrecondition:
            continue
    try:
        first = HAPPENINGS[what](job, number, 0, 1, at)
        again = HAPPENINGS[what](first.job, number, 0, 1, at) if first.job is not None else None
    except FailedPrecondition:
        return
    if again is not None and again.job is not None:
        assert (again.ended_now, again.queued_now, again.closed) == (False, False, ())
        assert first.job is not None
        assert counts(again.job) == counts(first.job)


def test_a_job_that_nobody_ever_touches_comes_to_an_end():
    job, at = a_job(1), T0
    for _ in range(3000):
        at += timedelta(seconds=120)
        job = sweep.decide(job, Facts(), at).verdict.job or job
    assert (job.state, job.error) == (State.FAILED, sweep.EXPIRED)
