"""How a job is deleted, as pure decisions: first a tombstone, which fences whoever still works on it.

The tombstone is the job's own document with a `deleteTime`, in a final state, and with nothing left in it that the
owner sent or learned. Everything else of the job is then removed twice: at once, and again after SETTLE, when no worker
can be left that had begun before and now writes its pictures. The tombstone itself stays until its `expireTime`, so
that late deliveries find it; in the end it does not even name the owner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from shared.jobs import charges
from shared.jobs.protocol import Outcome, Verdict
from shared.model.job import KEPT, Job
from shared.model.states import Purge, Stage, State

SETTLE: Final = timedelta(hours=1)  # longer than any upload URL lives and any instance works on after its request


def bury(job: Job | None, *, now: datetime) -> Verdict:
    """Make the job a tombstone; open charges are closed. One that is buried stays as it is."""
    if job is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.delete_time is not None:
        return Verdict(outcome=Outcome.ENDED)
    clear, closed = charges.close(job, known=False)
    buried = Job(
        uid=clear.uid,
        kind=clear.kind,
        state=clear.state if clear.state.terminal else State.CANCELLED,
        stage=Stage.DONE,
        progress=1.0,
        priority=clear.priority,
        run=clear.run,
        attempt=clear.attempt,
        images={},
        create_time=clear.create_time,
        update_time=now,
        complete_time=now,
        expire_time=now + KEPT,
        delete_time=now,
        purge=Purge.PENDING,
    )
    return Verdict(outcome=Outcome.ENDED, job=buried, closed=closed)


def removed(job: Job | None, *, began: datetime, now: datetime, settle: timedelta = SETTLE) -> Verdict:
    """Everything of the buried job was removed, beginning at `began`: it is once more later on, or never again."""
    if job is None or job.delete_time is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    if job.purge is Purge.DONE:
        return Verdict(outcome=Outcome.ENDED)
    purge = Purge.DONE if began >= job.delete_time + settle else Purge.SETTLING
    if (job.uid, job.purge) == ("", purge):
        return Verdict(outcome=Outcome.ENDED)
    return Verdict(outcome=Outcome.ENDED, job=replace(job, uid="", purge=purge, update_time=now))


def due(job: Job, now: datetime, *, settle: timedelta = SETTLE) -> bool:
    """Whether what is left of a buried job has to be removed now."""
    if job.delete_time is None or job.purge is Purge.DONE:
        return False
    return job.purge is Purge.PENDING or now >= job.delete_time + settle
