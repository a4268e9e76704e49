"""What keeps jobs moving and deletions complete: the sweep's, the dead-letter handler's and the purge's transactions.

Every method may be called at any time, by anybody, any number of times. The words about transactions are those of
`shared.jobs.store`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from shared.database import Fields, Found, Write
from shared.documents import from_document
from shared.events import notification
from shared.jobs import outbox, sweep, tombstone
from shared.jobs.protocol import Arrival, Outcome, Verdict, leased
from shared.jobs.store import Jobs
from shared.jobs.sweep import PATIENCE, Action, Facts, Patience
from shared.model.job import Job, object_name
from shared.model.kinds import Priority
from shared.model.states import Purge, State

PAGE: Final = 200  # documents that one query of the sweep reads


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sweep looks: the documents of `collection` whose `field` is `value`."""

    collection: str
    field: str
    value: str


LOOKS: Final = (
    Look(collection="outbox", field="state", value=outbox.RowState.UNSENT.value),
    *(Look(collection="jobs", field="state", value=state.value) for state in State if not state.terminal),
    *(Look(collection="jobs", field="purge", value=purge.value) for purge in (Purge.PENDING, Purge.SETTLING)),
)
ROWS: Final = (
    "cache",
    "outbox",
    "requests",
    "deadLetters",
    "shadows",
    "shares",
)  # their rows name their job in `jobId`


class PhotoStore(Protocol):
    """The objects of jobs in Cloud Storage, uploaded and derived."""

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        """Which generation of each photo of the job is there; None where there is none."""

    def remove(self, job_id: str, priority: Priority) -> None:
        """Delete every object of the job, uploaded or derived, in all generations. None there is no error."""


class Upkeep:
    """The sweep's side of the jobs of one database."""

    def __init__(self, jobs: Jobs, *, patience: Patience = PATIENCE) -> None:
        self._jobs = jobs
        self._patience = patience

    def unfinished(self) -> Iterator[tuple[str, Job]]:
        """Every job that is not final, and every tombstone that is not purged."""
        for look in LOOKS:
            for path, fields in self.found(look) if look.collection == "jobs" else ():
                yield path.removeprefix("jobs/"), from_document(fields, Job)

    def unsent(self) -> Iterator[str]:
        """The paths of outbox rows that nobody has noted as sent, for `Jobs.send_row`."""
        return (path for look in LOOKS if look.collection == "outbox" for path, _ in self.found(look))

    def found(self, look: Look, after: str = "") -> Iterator[tuple[str, Fields]]:
        """What is to be found there, page by page in the order of the paths, beginning after the path `after`."""
        page = self._page(look, after)
        yield from page
        while len(page) == PAGE:
            page = self._page(look, page[-1][0])
            yield from page

    def due(self, job: Job) -> bool:
        """Whether the job, as it was found, is one that something has to be done about, as far as it tells itself."""
        return sweep.due(job, self._jobs.clock(), self._patience)

    def curious(self, job: Job) -> bool:
        """Whether `look` needs to be told what is in Cloud Storage."""
        return sweep.curious(job, self._jobs.clock(), self._patience)

    def look(self, job_id: str, facts: Facts, deliver: outbox.Publish) -> Action:
        """Do what has to be done about the job now, but for the purge, and answer what it was.

        `deliver` publishes to the topic of the uploads. It is called before the job is marked as delivered again:
        lost, or dead in between, the next sweep delivers once more, which is harmless. Repeated or applied without an
        answer: the mark is recognised. A job that moved meanwhile is left alone. Raises what `deliver` raises.
        """
        job = self._jobs.get(job_id)
        action = sweep.decide(job, facts, self._jobs.clock(), self._patience)
        if job is not None:
            for payload, attributes in self._messages(job_id, job, action):
                deliver(msgspec.json.encode(payload), attributes)

        def same(job: Job | None, at: datetime) -> Verdict:
            now = sweep.decide(job, facts, at, self._patience)
            return now.verdict if now.step is action.step else Verdict(outcome=Outcome.HELD)

        if action.verdict.job is not None:
            self._jobs.decide(job_id, same)
        return action

    def dead_letter(self, job_id: str, *, published: datetime | None = None) -> Outcome:
        """Pub/Sub has given up a delivery of the job: it FAILED, unless it is final (ENDED) or worked on (BUSY).

        QUEUED: the message, `published` then, was of an earlier run, and the job has been started again since.

        Lost: the dead letter comes again. Repeated or applied without an answer: ENDED.
        """

        def decide(job: Job | None, at: datetime) -> Verdict:
            return sweep.dead_letter(job, now=at, published=published)

        return self._jobs.decide(job_id, decide)[0].outcome

    def purge(self, job_id: str, photos: PhotoStore) -> Outcome:
        """Remove everything of a buried job but its tombstone: objects, details, cache, outbox and request rows.

        Broken off anywhere: it begins again from the start, and what is gone is gone. A job that is not buried is left
        alone: UNKNOWN. Raises what `photos` and the database raise.
        """
        began = self._jobs.clock()
        job = self._jobs.get(job_id)
        if job is None or job.delete_time is None:
            return Outcome.UNKNOWN
        photos.remove(job_id, job.priority)
        self._strip(job_id)
        verdict, _ = self._jobs.decide(
            job_id, lambda job, at: tombstone.removed(job, began=began, now=at, settle=self._patience.settle)
        )
        return verdict.outcome

    def expire(self, job_id: str, photos: PhotoStore) -> bool:
        """Remove everything of a job that is past its `expireTime`, its document at last; also what one left behind.

        False: the job is alive, or a worker is at it; nothing was removed. Broken off anywhere, or repeated: it begins
        again from the start, and what is gone is gone. Raises what `photos` and the database raise.
        """
        job = self._jobs.get(job_id)
        if job is not None and (job.expire_time > self._jobs.clock() or leased(job, self._jobs.clock())):
            return False
        for priority in Priority if job is None else (job.priority,):
            photos.remove(job_id, priority)
        self._strip(job_id)
        return self.drop(f"jobs/{job_id}") or job is None

    def drop(self, path: str) -> bool:
        """Remove a document unless it lives on: one that is there before its `expireTime`, or has none."""

        def decide(found: Found) -> tuple[bool, Sequence[Write]]:
            past = expired(found[path] or {}, self._jobs.clock())
            return past, [Write(path=path, fields=None)] if past else ()

        return self._jobs.database.transact([path], decide)

    def _strip(self, job_id: str) -> None:
        self._delete(self._jobs.database.below(f"jobs/{job_id}"))
        for collection in ROWS:
            rows = self.found(Look(collection=collection, field="jobId", value=job_id))
            self._delete([path for path, _ in rows])

    def _messages(self, job_id: str, job: Job, action: Action) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        for index, generation in action.deliver:
            image = job.images[str(index)]
            arrival = Arrival(
                bucket=self._jobs.uploads_bucket,
                name=object_name(job.priority, job_id, index),
                generation=generation,
                size=image.size,
                content_type=image.content_type,
                trace=job.trace,
            )
            yield notification(arrival, priority=job.priority)

    def _page(self, look: Look, after: str) -> list[tuple[str, Fields]]:
        return self._jobs.database.find(look.collection, look.field, look.value, limit=PAGE, after=after)

    def _delete(self, paths: list[str]) -> None:
        for start in range(0, len(paths), PAGE):
            writes = [Write(path=path, fields=None) for path in paths[start : start + PAGE]]
            self._jobs.database.transact((), functools.partial(_always, writes))


def expired(fields: Fields, at: datetime) -> bool:
    """Whether a document is past its `expireTime`; one without never is."""
    until = fields.get("expireTime")
    return isinstance(until, datetime) and until <= at


def _always(writes: Sequence[Write], _: Found) -> tuple[None, Sequence[Write]]:
    return None, writes
