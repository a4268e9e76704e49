"""Dead letters, as an operator deals with them: look, have them delivered once more, or forget them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice

import msgspec

from loupe.client.backend import Backend
from loupe.trouble import Misuse
from shared.documents import from_document
from shared.errors import FailedPrecondition
from shared.jobs import dead_letters
from shared.jobs.control import Control
from shared.jobs.dead_letters import COLLECTION, SOURCE, DeadLetter
from shared.jobs.outbox import Topic
from shared.model.job import Job
from shared.model.states import State

PAGE = 100  # letters that are read at once


class Letter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A letter that is kept, and its job as it is now (None: it is of no job, or the job is gone)."""

    id: str
    kept: DeadLetter
    job: Job | None


class Fate(StrEnum):
    """What became of a letter that was redriven."""

    QUEUED = "queued"  # its job runs once more
    MOOT = "moot"  # its job had gone on without it, or is gone for good: the letter is dropped
    PUBLISHED = "published"  # it is not about a job: it was published as it had come
    REFUSED = "refused"  # it cannot be, and stays


class Redriven(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one letter, and why not where it was refused."""

    id: str
    fate: Fate
    reason: str = ""
    message: str = ""


class DeadLetters:
    """The dead letters of one backend. The methods raise google.api_core errors."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._jobs = backend.jobs
        self._database = backend.database
        self._control = Control(backend.jobs)

    def letters(self, *, reason: str | None = None, limit: int | None = None) -> list[Letter]:
        """Those that are kept, by their ids, under one reason or all; at most `limit` of them."""
        found = self._all()
        wanted = (letter for letter in found if reason is None or letter.kept.reason == reason)
        return list(islice(wanted, limit))

    def named(self, names: Sequence[str]) -> list[Letter]:
        """Those with these ids, and all those of jobs with these ids. Raises Misuse naming what there is not."""
        found: dict[str, Letter] = {}
        for name in names:
            about = name.removeprefix("jobs/")
            here = [letter for letter in self._all() if about in (letter.id, letter.kept.job_id)]
            if not here:
                raise Misuse(f"There is no dead letter {name[:80]!r}. List them with: loupe dlq list")
            found |= {letter.id: letter for letter in here}
        return list(found.values())

    def redrive(self, letter: Letter) -> Redriven:
        """Have the letter's job run once more, at once, and drop the letter; or say why not.

        Dead in between: the job is queued and the letter still there, and redriving it again drops it.
        """
        if not letter.kept.job_id:
            return self._publish(letter)
        job_id, job = letter.kept.job_id, self._jobs.get(letter.kept.job_id)
        if job is None:
            message = "Its job is not there any more. Drop it."
            return Redriven(id=letter.id, fate=Fate.REFUSED, reason=dead_letters.UNKNOWN_JOB, message=message)
        if job.delete_time is not None or job.state is not State.FAILED:
            fate = Fate.MOOT
        else:
            try:
                self._control.retry(job_id, self._backend.photos.generations(job_id, job), token=_token(letter, job))
            except FailedPrecondition as refused:
                return Redriven(id=letter.id, fate=Fate.REFUSED, reason=refused.reason, message=refused.message)
            fate = Fate.QUEUED
        self._jobs.send_outbox(job_id, self._backend.publishers)
        self.drop(letter)
        return Redriven(id=letter.id, fate=fate)

    def drop(self, letter: Letter) -> bool:
        """Forget the letter; its job stays as it is. Answers whether it was there."""
        return dead_letters.drop(self._database, letter.id)

    def _publish(self, letter: Letter) -> Redriven:
        own = {name: value for name, value in letter.kept.attributes.items() if not name.startswith(SOURCE)}
        self._backend.publishers[Topic.UPLOADS](letter.kept.data, own)
        self.drop(letter)
        return Redriven(id=letter.id, fate=Fate.PUBLISHED)

    def _all(self) -> Iterator[Letter]:
        collection = self._database.client.collection(COLLECTION)
        page = collection.order_by("__name__").limit(PAGE)
        while True:
            snapshots = self._database.fetch(page)
            for snapshot in snapshots:
                kept = from_document(snapshot.to_dict() or {}, DeadLetter)
                job = self._jobs.get(kept.job_id) if kept.job_id else None
                yield Letter(id=snapshot.id, kept=kept, job=job)
            if len(snapshots) < PAGE:
                return
            page = collection.order_by("__name__").start_after(snapshots[-1]).limit(PAGE)


def _token(letter: Letter, job: Job) -> str:
    """What this redrive is known by on the job: one for each letter and run."""
    return hashlib.sha256(f"redrive:{letter.id}:{job.run}".encode()).hexdigest()[:32]
