"""What a job's owner may do with it, each in one transaction: cancel, retry, reprocess, hand over, delete.

Whose job it is has to be checked before (`shared.jobs.access`). The words about transactions are those of
`shared.jobs.store`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.database import Found, Write
from shared.jobs import tombstone, wishes
from shared.jobs.protocol import Outcome
from shared.jobs.store import Jobs
from shared.jobs.wishes import Photos
from shared.model.job import Job

PAGE: Final = 200  # documents that are read and written together


class Control:
    """The owner's side of the jobs of one database. `jobs` needs its `uploads_bucket` to queue jobs again."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def cancel(self, job_id: str) -> tuple[Outcome, Job | None]:
        """End the job as CANCELLED, refund what no call was made for, and announce it.

        Lost: the job goes on. Repeated or applied without an answer: the job is final, ENDED, and nothing is written.
        A worker that has it learns of it at its next write, and its result is refused.
        """
        verdict, job = self._jobs.decide(job_id, lambda job, at: wishes.cancel(job, now=at))
        return verdict.outcome, job

    def retry(self, job_id: str, photos: Photos, *, token: str) -> tuple[Outcome, Job | None]:
        """Queue a FAILED job once more; `photos` is what Cloud Storage has. Then `Jobs.send_outbox` starts it.

        Lost: the job stays FAILED. Repeated with the same `token`, or applied without an answer: the run that it began
        is recognised, however far it has come, and QUEUED is answered. Started by nobody: the sweep sends the row.
        Raises what `wishes.retry` raises.
        """
        verdict, job = self._jobs.decide(job_id, lambda job, at: wishes.retry(job, photos, token=token, now=at))
        return verdict.outcome, job

    def reprocess(self, job_id: str, photos: Photos, *, token: str) -> tuple[Outcome, Job | None]:
        """Queue a COMPLETED job once more; its results stay until the new ones replace them in one commit.

        Lost, repeated, applied without an answer: as `retry`. Raises what `wishes.reprocess` raises.
        """
        verdict, job = self._jobs.decide(job_id, lambda job, at: wishes.reprocess(job, photos, token=token, now=at))
        return verdict.outcome, job

    def hand_over(self, job_id: str, *, giver: str, taker: str) -> Outcome:
        """Give the job to another account, and then what is below it; what a worker writes later is the new one's, too.

        Lost: the job stays with `giver`. Repeated or applied without an answer: it is with `taker` already. Broken off
        in between: the same call goes on with what is below.
        """
        decision = self._jobs.decide(job_id, lambda job, at: wishes.hand_over(job, giver=giver, taker=taker, now=at))
        outcome = decision[0].outcome
        if outcome is Outcome.HELD:
            self._hand_over_below(f"jobs/{job_id}", taker)
        return outcome

    def bury(self, job_id: str) -> Outcome:
        """Delete the job as far as anybody can see: its document is a tombstone, and workers are fenced.

        Lost: the job is not deleted. Repeated or applied without an answer: it is buried already, ENDED. Whoever buried
        it goes on with `Upkeep.purge`; where he does not, the sweep does.
        """
        return self._jobs.decide(job_id, lambda job, at: tombstone.bury(job, now=at))[0].outcome

    def _hand_over_below(self, job_path: str, taker: str) -> None:
        """Nothing can be written there any more that is not the taker's: who writes has read whose the job is."""
        database = self._jobs.database
        paths = database.below(job_path)

        def decide(found: Found) -> tuple[None, Sequence[Write]]:
            job = found[job_path]
            if job is None or job["uid"] != taker:
                return None, ()  # deleted, or handed on already
            theirs = {
                path: fields for path, fields in found.items() if fields and fields.get("uid") not in (None, taker)
            }
            return None, [Write(path=path, fields={**fields, "uid": taker}) for path, fields in theirs.items()]

        for start in range(0, len(paths), PAGE):
            database.transact([job_path, *paths[start : start + PAGE]], decide)
