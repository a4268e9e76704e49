"""A worker's hold on its job: renewed before it wears out, and asked for before anything is done that cannot be fenced.

Documents are written on condition of the fence. Objects and calls of other services are not; so whoever was away for
longer than half a lease has to see first whether the job is still his. What a worker can do after it has lost its job
is thereby bounded to one call that was under way (`shared.jobs.tombstone` counts on that).
"""

from __future__ import annotations

from shared.jobs.protocol import Lost, Outcome
from shared.jobs.store import Claim, Jobs


class Hold:
    """The hold of one claim. Not shared between threads."""

    def __init__(self, jobs: Jobs, claim: Claim) -> None:
        self._jobs = jobs
        self._claim = claim
        self._renewed = claim.job.update_time

    def check(self) -> None:
        """Renew the lease if half of it has gone by. Raises Lost where the job is no longer this worker's."""
        at = self._jobs.clock()
        if at - self._renewed < self._jobs.lease / 2:
            return
        outcome = self._jobs.renew(self._claim)
        if outcome is not Outcome.HELD:
            raise Lost(outcome)
        self._renewed = at
