"""Jobs in Firestore: each decision of the protocol, read and written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared import ledger
from shared.database import Database, Fields, Write
from shared.documents import from_document, to_document
from shared.jobs import outbox, protocol
from shared.jobs.protocol import Arrival, Completion, Outcome, Verdict
from shared.model.job import Failure, Job, now
from shared.model.states import Stage

Details = Mapping[str, msgspec.Struct | dict[str, Any]]  # document path below the job → its value


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A job that this worker holds: what to work on, and the fence that every write is checked against."""

    job_id: str
    job: Job

    @property
    def fence(self) -> int:
        """The attempt number of the claim."""
        return self.job.attempt


class Jobs:
    """The jobs of one Firestore database. `clock` says what time it is (UTC)."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = now, lease: timedelta = protocol.LEASE
    ) -> None:
        self.database = database
        self._clock = clock
        self._lease = lease

    def get(self, job_id: str) -> Job | None:
        """The job as it is now, or None."""
        fields = self.database.read(f"jobs/{job_id}")
        return from_document(fields, Job) if fields is not None else None

    def arrive(self, job_id: str, index: int, arrival: Arrival, *, owner: str) -> tuple[Outcome, Claim | None]:
        """Record an upload and, if it completes the set, claim the job.

        Lost: the delivery comes again. Repeated by this delivery: `owner` is recognised and the claim stands. Repeated
        by another: BUSY until the lease runs out.
        """

        def decide(job: Job | None, at: datetime) -> Verdict:
            return protocol.arrive(job, index, arrival.generation, owner=owner, now=at, lease=self._lease)

        verdict, job = self._decide(job_id, decide)
        claimed = verdict.outcome is Outcome.CLAIMED and job is not None
        return verdict.outcome, Claim(job_id=job_id, job=job) if claimed and job else None

    def advance(self, claim: Claim, stage: Stage) -> Outcome:
        """Show the stage and begin the lease anew; FENCED or ENDED tell the worker to stop."""
        decision = lambda job, at: protocol.advance(job, claim.fence, stage, now=at, lease=self._lease)  # noqa: E731
        return self._decide(claim.job_id, decision)[0].outcome

    def release(self, claim: Claim, *, passing: bool) -> Outcome:
        """Give the job back after a failure, a `passing` one or a defect. Lost: the lease runs out instead.

        Applied without an answer: read again, nobody holds a lease, and nothing is counted twice.
        """

        def decide(job: Job | None, at: datetime) -> Verdict:
            return protocol.release(job, claim.fence, now=at, passing=passing)

        return self._decide(claim.job_id, decide)[0].outcome

    def fail(self, claim: Claim, failure: Failure, details: Details, charges: Sequence[ledger.Charge]) -> Outcome:
        """End the job as FAILED, with what was found out, the settlement and the outbox row, or nothing of it."""
        return self._end(claim, lambda job, at: protocol.fail(job, claim.fence, failure, now=at), details, charges)

    def complete(
        self, claim: Claim, completion: Completion, details: Details, charges: Sequence[ledger.Charge]
    ) -> Outcome:
        """End the job as COMPLETED: job, details, settlement and outbox row in one commit, or nothing of it.

        Applied without an answer: read again, the job is final by this very attempt, and ENDED is answered.
        """
        return self._end(
            claim, lambda job, at: protocol.complete(job, claim.fence, completion, now=at), details, charges
        )

    def send_outbox(self, job_id: str, publish: outbox.Publish) -> None:
        """Publish the row of the job's end, if it is still unsent. Sending twice is harmless, never sending is not."""
        job = self.get(job_id)
        if job is None or not job.state.terminal:
            return
        row_path = outbox.path(job_id, job)
        fields = self.database.read(row_path)
        row = from_document(fields, outbox.OutboxRow) if fields is not None else None
        if row is None or row.send_time is not None:
            return
        outbox.send(row_path, row, publish)
        self.database.transact([row_path], lambda found: (None, outbox.sent(row_path, found[row_path], self._clock())))

    def _decide(
        self,
        job_id: str,
        decide: Callable[[Job | None, datetime], Verdict],
        extra: Callable[[Job, datetime], Sequence[Write]] = lambda _job, _at: (),
        also_read: Sequence[str] = (),
    ) -> tuple[Verdict, Job | None]:
        path = f"jobs/{job_id}"

        def body(found: Mapping[str, Fields | None]) -> tuple[tuple[Verdict, Job | None], Sequence[Write]]:
            at = self._clock()
            fields = found[path]
            before = from_document(fields, Job) if fields is not None else None
            verdict = decide(before, at)
            if verdict.job is None:
                return (verdict, before), ()
            writes = [Write(path=path, fields=to_document(verdict.job))]
            if verdict.ended_now:
                writes += [outbox.ended(job_id, verdict.job, at), *extra(verdict.job, at)]
            return (verdict, verdict.job), writes

        return self.database.transact([path, *also_read], body)

    def _end(
        self,
        claim: Claim,
        decide: Callable[[Job | None, datetime], Verdict],
        details: Details,
        charges: Sequence[ledger.Charge],
    ) -> Outcome:
        def extra(job: Job, at: datetime) -> Sequence[Write]:
            below = [_detail(claim.job_id, job, name, value, at) for name, value in details.items()]
            return [*below, *(write for charge in charges for write in ledger.settle(charge, at))]

        return self._decide(claim.job_id, decide, extra)[0].outcome


def _detail(job_id: str, job: Job, name: str, value: msgspec.Struct | dict[str, Any], at: datetime) -> Write:
    fields = value if isinstance(value, dict) else to_document(value)
    kept = {"uid": job.uid, "createTime": at, "updateTime": at, "expireTime": job.expire_time}
    return Write(path=f"jobs/{job_id}/{name}", fields={**fields, **kept, "schemaVersion": job.schema_version})
