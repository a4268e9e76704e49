"""Jobs for tests of the protocol, and the way they are claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.jobs import protocol
from shared.jobs.protocol import CLOCK_SKEW, LEASE, Outcome
from shared.model.job import KEPT, Failure, Job, JobImage

T0 = datetime(2026, 1, 1, tzinfo=UTC)
FAILURE = Failure(status="INVALID_ARGUMENT", reason="UNREADABLE", message="Send it again.", image=0)
AFTER_LEASE = LEASE + CLOCK_SKEW + timedelta(seconds=1)
GENERATION = 7


def a_job(*, photos: int = 1) -> Job:
    """A job that awaits its photos."""
    images = {str(index): JobImage(content_type="image/jpeg", size=9) for index in range(photos)}
    return Job(uid="u", kind="inspection", images=images, create_time=T0, update_time=T0, expire_time=T0 + KEPT)


def arrive(
    job: Job | None, index: int = 0, *, generation: int = GENERATION, owner: str = "a", at: datetime = T0
) -> protocol.Verdict:
    """A photo has been uploaded."""
    return protocol.arrive(job, index, generation, owner=owner, now=at, lease=LEASE)


def claimed(job: Job | None = None, *, owner: str = "a", at: datetime = T0) -> Job:
    """A job that a worker holds."""
    verdict = arrive(job or a_job(), owner=owner, at=at)
    assert verdict.outcome is Outcome.CLAIMED
    assert verdict.job is not None
    return verdict.job


def completed(job: Job | None = None) -> Job:
    """A job that has its result."""
    held = job or claimed()
    verdict = protocol.complete(held, held.attempt, protocol.Completion(summary={"text": "x"}), now=T0)
    assert verdict.job is not None
    return verdict.job


def failed(job: Job | None = None) -> Job:
    """A job that has failed."""
    held = job or claimed()
    verdict = protocol.fail(held, held.attempt, FAILURE, now=T0)
    assert verdict.job is not None
    return verdict.job
