"""Jobs in Firestore, as deliveries and workers change them: each decision is read and written in one transaction.

What the methods say of a transaction: *lost*: it was not applied, and the caller gave up or died; *repeated*: the same
call is made once more; *applied without an answer*: it took effect, the caller was told of a failure, so the documents
are read and decided on again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from shared import ledger, metrics
from shared.database import Database, Fields, Found, Write
from shared.documents import from_document, to_document
from shared.jobs import answers, charges, outbox, protocol
from shared.jobs.protocol import Arrival, Completion, Outcome, Verdict
from shared.model.job import Failure, Job, OpenCharge, now
from shared.model.states import ChargeState, Stage

Details = Mapping[str, msgspec.Struct | dict[str, Any]]  # document path below the job → its value
Decision = Callable[[Job | None, datetime], Verdict]
Extra = Callable[[Job, Found, datetime], Sequence[Write]]

ANALYSED: Final = ("images", "findings", "reports")  # the collections below a job that a run replaces
ALARMING: Final = frozenset({"RUN_CEILING", "ATTEMPTS_EXHAUSTED", "DELIVERY_EXHAUSTED", "STALLED"})
log = logging.getLogger(__name__)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A job that this worker holds: what to work on, and the fence that every write is checked against."""

    job_id: str
    job: Job

    @property
    def fence(self) -> int:
        """The attempt number of the claim."""
        return self.job.attempt


class Jobs:
    """The jobs of one Firestore database. `clock` says what time it is (UTC).

    `uploads_bucket` is only needed where jobs are queued again.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime] = now,
        lease: timedelta = protocol.LEASE,
        uploads_bucket: str = "",
    ) -> None:
        self.database = database
        self.clock = clock
        self.uploads_bucket = uploads_bucket
        self.lease = lease

    def get(self, job_id: str) -> Job | None:
        """The job as it is now, or None."""
        fields = self.database.read(f"jobs/{job_id}")
        return from_document(fields, Job) if fields is not None else None

    def arrive(self, job_id: str, index: int, arrival: Arrival, *, owner: str) -> tuple[Outcome, Claim | None]:
        """Record an upload and, if it completes the set, claim the job.

        Lost: the delivery comes again. Repeated by another delivery: BUSY until the lease runs out, and then that one
        takes over with a higher fence. Applied without an answer: `owner` is recognised, and the claim stands.
        """

        def decide(job: Job | None, at: datetime) -> Verdict:
            generation, since = arrival.generation, arrival.time
            return protocol.arrive(job, index, generation, owner=owner, now=at, lease=self.lease, since=since)

        verdict, job = self.decide(job_id, decide)
        claimed = verdict.outcome is Outcome.CLAIMED and job is not None
        return verdict.outcome, Claim(job_id=job_id, job=job) if claimed and job else None

    def advance(self, claim: Claim, stage: Stage) -> Outcome:
        """Show the stage and begin the lease anew; FENCED or ENDED tell the worker to stop.

        Lost: the lease runs out sooner, nothing else. Repeated or applied without an answer: the same once more.
        """
        return self._worker(claim, lambda job, at: protocol.advance(job, claim.fence, stage, now=at, lease=self.lease))

    def renew(self, claim: Claim) -> Outcome:
        """Begin the lease anew; FENCED or ENDED tell the worker to stop.

        Lost: the lease runs out sooner, nothing else. Repeated or applied without an answer: the same once more.
        """
        return self._worker(claim, lambda job, at: protocol.renew(job, claim.fence, now=at, lease=self.lease))

    def reserve(
        self, claim: Claim, call: str, prices: Mapping[str, int], *, limit: int
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Set aside what a paid call costs, and answer for which of its features there was room in the day's `limit`.

        `prices` are micro-dollars by feature. Lost: nothing is reserved, and the call must not be made. Repeated or
        applied without an answer: the charge stands on the job under the call's name, and counts once.
        """
        at = self.clock()
        day_path = ledger.day_path(at)
        chosen: dict[str, int] = {}

        def body(found: Found) -> tuple[Outcome, Sequence[Write]]:
            job = _job(found[f"jobs/{claim.job_id}"])
            chosen.clear()
            if job is not None:
                room = ledger.room(found[day_path], limit=limit)
                chosen.update(charges.affordable(job, call, prices, room=room))
            verdict = protocol.reserve(job, claim.fence, call, chosen, now=at, lease=self.lease)
            if verdict.job is None or job is None:
                return verdict.outcome, ()
            new = sorted(verdict.job.charges.keys() - job.charges.keys())
            added = [_charge(claim.job_id, job.attempt, name, verdict.job.charges[name]) for name in new]
            reserved = ledger.reserve(added, found[day_path], limit=limit, at=at)
            return verdict.outcome, [*self._writes(claim.job_id, verdict, at), *reserved]

        outcome = self.database.transact([f"jobs/{claim.job_id}", day_path], body)
        return outcome, tuple(chosen)

    def begin_call(self, claim: Claim, names: Collection[str]) -> Outcome:
        """Note that the paid calls `names` are made from now on; without HELD they must not be.

        Lost: the call is not made. Repeated or applied without an answer: the same once more. A worker that is never
        heard of again after this is taken to have made the call.
        """
        return self._mark(claim, names, ChargeState.CALLED)

    def end_call(self, claim: Claim, names: Collection[str], call: str, answer: bytes | None) -> Outcome:
        """Note that the paid calls `names` were answered, and keep the answer (None: it is not worth keeping).

        Lost: the next attempt pays once more, and both are counted. Repeated or applied without an answer: the same
        once more. It is fenced, so that no answer outlives the deletion of its job.
        """

        def keep(job: Job, _: Found, at: datetime) -> Sequence[Write]:
            return answers.keep(claim.job_id, job, call, answer, at) if answer is not None else ()

        return self._mark(claim, names, ChargeState.ANSWERED, keep)

    def answer(self, claim: Claim, call: str) -> bytes | None:
        """What an earlier attempt of the job was answered by this call, or None."""
        return answers.read(self.database.read(answers.path(claim.job_id, call)))

    def release(self, claim: Claim, *, passing: bool, refused: Collection[str] = ()) -> Outcome:
        """Give the job back after a failure, and close its open charges.

        Lost: the lease runs out instead, and whoever claims next closes them. Repeated or applied without an answer:
        the same once more, unless somebody has claimed the job since: FENCED, and nothing is written.
        """
        return self._worker(
            claim, lambda job, at: protocol.release(job, claim.fence, passing=passing, refused=refused, now=at)
        )

    def fail(self, claim: Claim, failure: Failure, details: Details, *, refused: Collection[str] = ()) -> Outcome:
        """End the job as FAILED, with what was found out, the settlement and the outbox row, or nothing of it.

        Lost: the next attempt finds the same. Repeated or applied without an answer: the job is final, and ENDED is
        answered.
        """
        return self._worker(
            claim,
            lambda job, at: protocol.fail(job, claim.fence, failure, refused=refused, now=at),
            _below(claim, details),
        )

    def complete(
        self, claim: Claim, completion: Completion, details: Details, *, refused: Collection[str] = ()
    ) -> Outcome:
        """End the job as COMPLETED: job, details, settlement and outbox row in one commit, or nothing of it.

        Details of an earlier run that this one does not have are removed in the same commit. Lost: the next attempt
        does it all again. Repeated or applied without an answer: read again, the job is final by this very attempt, and
        ENDED is answered.
        """
        stale = self._stale(claim, details) if claim.job.run > 1 else ()
        return self._worker(
            claim,
            lambda job, at: protocol.complete(job, claim.fence, completion, refused=refused, now=at),
            _below(claim, details, stale),
        )

    def _stale(self, claim: Claim, details: Details) -> Sequence[Write]:
        """The removal of what earlier runs found and this one did not.

        Only whoever holds the job adds to these collections: the list is still whole in the commit, or the commit is
        refused.
        """
        path = f"jobs/{claim.job_id}"
        before = (below for name in ANALYSED for below in self.database.list_documents(f"{path}/{name}"))
        return [Write(path=below, fields=None) for below in before if below.removeprefix(f"{path}/") not in details]

    def send_outbox(self, job_id: str, publishers: Mapping[outbox.Topic, outbox.Publish]) -> None:
        """Publish the row of the job's present state, if it has one that is still unsent.

        See `send_row`, of which this is the quick way: right after the change, by whoever made it.
        """
        job = self.get(job_id)
        if job is not None:
            self.send_row(outbox.path(job_id, job), publishers)

    def send_row(self, row_path: str, publishers: Mapping[outbox.Topic, outbox.Publish]) -> bool:
        """Publish an outbox row, note that, and answer whether it had to be. Rows of other topics are left alone.

        Lost or dead in between: the row stays UNSENT, and the sweep sends it. Repeated or applied without an answer: it
        is published again under the same id, which receivers know. Raises what the publisher raises.
        """
        fields = self.database.read(row_path)
        row = from_document(fields, outbox.OutboxRow) if fields is not None else None
        if row is None or row.state is outbox.RowState.SENT or row.topic not in publishers:
            return False
        outbox.send(row_path, row, publishers[row.topic])
        self.database.transact([row_path], lambda found: (None, outbox.sent(row_path, found[row_path], self.clock())))
        return True

    def decide(self, job_id: str, decide: Decision, extra: Extra | None = None) -> tuple[Verdict, Job | None]:
        """Read the job, decide, and write it with everything that follows from the verdict, or nothing of it.

        `extra` are further writes, made only if the job is written. Answers the verdict, and the job as it is now.
        """
        path = f"jobs/{job_id}"
        tried: list[Verdict] = []  # to be written; this call may learn of its success only by reading again

        def body(found: Found) -> tuple[tuple[Verdict, Job | None], Sequence[Write]]:
            at = self.clock()
            before = _job(found[path])
            verdict = decide(before, at)
            if verdict.job is None:
                return (verdict, before), ()
            tried.append(verdict)
            more = extra(verdict.job, found, at) if extra else ()
            return (verdict, verdict.job), [*self._writes(job_id, verdict, at), *more]

        verdict, job = self.database.transact([path], body)
        done = next((one for one in tried if one.job == job), None)
        if done is not None and job is not None:
            _tell(job_id, done, job)
        return verdict, job

    def _writes(self, job_id: str, verdict: Verdict, at: datetime) -> list[Write]:
        job = verdict.job
        assert job is not None  # noqa: S101 - asked by whoever calls this
        writes = [Write(path=f"jobs/{job_id}", fields=to_document(job))]
        if verdict.ended_now:
            writes.append(outbox.ended(job_id, job, at))
        if verdict.queued_now:
            writes.append(outbox.queued(job_id, job, self.uploads_bucket, at))
        for one in verdict.closed:
            charge = _charge(job_id, one.attempt, one.name, one.charge)
            writes += ledger.settle(charge, one.spent, at, assumed=one.assumed)
        return writes

    def _worker(self, claim: Claim, decide: Decision, extra: Extra | None = None) -> Outcome:
        return self.decide(claim.job_id, decide, extra)[0].outcome

    def _mark(self, claim: Claim, names: Collection[str], state: ChargeState, extra: Extra | None = None) -> Outcome:
        def decide(job: Job | None, at: datetime) -> Verdict:
            return protocol.mark(job, claim.fence, names, state, now=at, lease=self.lease)

        return self._worker(claim, decide, extra)


def _job(fields: Fields | None) -> Job | None:
    return from_document(fields, Job) if fields is not None else None


def _tell(job_id: str, verdict: Verdict, job: Job) -> None:
    """Count once what was written, and be loud about failures that the operator has to look into."""
    for one in verdict.closed:
        if one.spent:
            metrics.record("cost_micro_usd", one.spent, feature=one.charge.feature)
    waited = (job.update_time - job.queue_time).total_seconds() if job.queue_time else None
    first = verdict.outcome is Outcome.CLAIMED and job.attempt == job.run_attempt + 1
    if first and waited is not None:
        metrics.record("queue_seconds", waited, kind=job.kind, priority=job.priority)
    if not verdict.ended_now:
        return
    if waited is not None:
        metrics.record("job_seconds", waited, kind=job.kind, state=job.state)
    reason = job.error.reason if job.error else "none"
    metrics.record("jobs_ended", kind=job.kind, state=job.state, reason=reason)
    if reason in ALARMING:  # no user can be blamed for it
        told = {"job_id": job_id, "reason": reason}
        log.error("Job %s has FAILED: %s after %d attempts", job_id, reason, job.attempt, extra={"labels": told})


def _charge(job_id: str, attempt: int, name: str, charge: OpenCharge) -> ledger.Charge:
    return ledger.Charge(
        job_id=job_id,
        attempt=attempt,
        name=name,
        feature=charge.feature,
        micro_usd=charge.micro_usd,
        create_time=charge.create_time,
    )


def _below(claim: Claim, details: Details, more: Sequence[Write] = ()) -> Extra:
    """The writes of what was found out, below the job."""

    def writes(job: Job, _: Found, at: datetime) -> Sequence[Write]:
        kept = {"uid": job.uid, "attempt": job.attempt, "createTime": at, "updateTime": at}
        kept |= {"expireTime": job.expire_time, "schemaVersion": job.schema_version}
        return [
            *more,
            *(
                Write(
                    path=f"jobs/{claim.job_id}/{name}",
                    fields={**(value if isinstance(value, dict) else to_document(value)), **kept},
                )
                for name, value in details.items()
            ),
        ]

    return writes
