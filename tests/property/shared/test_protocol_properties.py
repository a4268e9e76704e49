"""Whatever happens to a job, in whatever order, these things hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.jobs import protocol
from shared.jobs.protocol import LEASE, MAX_CLAIMS, Completion, Outcome
from shared.model.job import KEPT, Failure, Job, JobImage
from shared.model.states import Stage, State

T0 = datetime(2026, 1, 1, tzinfo=UTC)
RANK = {State.PENDING: 0, State.PROCESSING: 1, State.COMPLETED: 2, State.FAILED: 2, State.CANCELLED: 2}
FAILURE = Failure(status="INTERNAL", reason="X", message="x")

events = st.tuples(
    st.sampled_from(["arrive", "advance", "complete", "fail", "release"]),
    st.integers(0, 2),  # photo
    st.integers(1, 2),  # generation
    st.integers(0, 6),  # fence or owner
    st.integers(0, 200),  # seconds that pass
)


def happen(job: Job, event: tuple[str, int, int, int, int], at: datetime) -> protocol.Verdict:
    what, photo, generation, number, _ = event
    if what == "arrive":
        return protocol.arrive(job, photo, generation, owner=f"{number}@{at}", now=at, lease=LEASE)
    if what == "advance":
        return protocol.advance(job, number, Stage.ANALYZING, now=at, lease=LEASE)
    if what == "complete":
        return protocol.complete(job, number, Completion(summary={"by": number}), now=at)
    if what == "fail":
        return protocol.fail(job, number, FAILURE, now=at)
    return protocol.release(job, number, now=at, passing=event[1] == 0)


@given(st.integers(1, 2), st.lists(events, max_size=60))
def test_rank_and_attempt_never_decrease_and_a_job_ends_once(photos, history):
    images = {str(index): JobImage(content_type="image/jpeg", size=1) for index in range(photos)}
    job = Job(uid="u", kind="inspection", images=images, create_time=T0, update_time=T0, expire_time=T0 + KEPT)
    at, endings = T0, 0
    for event in history:
        at += timedelta(seconds=event[4])
        verdict = happen(job, event, at)
        endings += verdict.ended_now
        if verdict.job is None:
            continue
        after = verdict.job
        assert RANK[after.state] >= RANK[job.state]
        assert job.attempt <= after.attempt <= min(job.attempt + 1, MAX_CLAIMS)
        assert after.state is State.PENDING or all(image.generation for image in after.images.values())
        if verdict.outcome is Outcome.CLAIMED:
            assert job.lease_expire_time is None or job.lease_expire_time < at
        if after.state is State.COMPLETED:
            assert after.summary == {"by": job.attempt}
        job = after
    assert endings == int(job.state.terminal)
