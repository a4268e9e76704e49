"""The documents: the one place where they change.

A commit is one step of the event loop from reading to telling the watchers, so nobody sees half of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from localcloud.firestore import history, names, writes
from localcloud.firestore.clock import Clock
from localcloud.firestore.disk import Disk
from localcloud.firestore.documents import Documents, Reader
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Write, WriteResult
from localcloud.firestore.writes import Change

Observer = Callable[[list[Change]], None]


class Store:
    """Documents in memory, written through to disk, with the recent past."""

    def __init__(self, path: Path, *, source: Callable[[], float] = time.time) -> None:
        """Open the file at `path`; `source` tells the seconds since 1970. Raises RuntimeError if that cannot be."""
        self._disk = Disk(path)
        self._documents = Documents()
        for document in self._disk.load():
            self._documents.put(document.name, document)
        self.last_commit = self._disk.last_commit()
        self.clock = Clock(last=self.last_commit, source=source)
        self._history = history.History(start=self.last_commit)
        self._observers: list[Observer] = []

    @property
    def now(self) -> Reader:
        """The documents as they are. What is read from it in one step of the event loop belongs together."""
        return self._documents

    def at(self, time: int) -> Reader:
        """The documents as they were at `time`, in microseconds; to be read in this step of the event loop.

        Raises FAILED_PRECONDITION if that is too long ago, INVALID_ARGUMENT if it is still to come.
        """
        if time > self.clock.now():
            raise invalid("the requested read time is in the future")
        return history.at(self._documents, self._history, time)

    def changes_since(self, time: int) -> list[Change] | None:
        """What changed after `time`, latest first, or None if that is not remembered any more."""
        return list(self._history.since(time)) if self._history.reaches(time) else None

    def observe(self, observer: Observer) -> None:
        """Have `observer` called with the changes of every commit that changes something."""
        self._observers.append(observer)

    def commit(self, database: str, requested: Sequence[Write]) -> tuple[int, list[WriteResult]]:
        """Do all writes or none: the commit time, and one result per write.

        Raises what `writes.work_out` raises, and UNAVAILABLE if the disk cannot be written.
        """
        names.check_database(database)
        time = self.clock.tick()
        outcome = writes.work_out(requested, database=database, read=self._documents.get, now=time)
        if outcome.changes:
            self._disk.write(time, outcome.changes)
            self._apply(time, outcome.changes)
        return time, outcome.results

    def close(self) -> None:
        """Let go of the file."""
        self._disk.close()

    def _apply(self, time: int, changes: list[Change]) -> None:
        for name, _, document in changes:
            self._documents.put(name, document)
        self.last_commit = time
        self._history.add(time, changes)
        for observer in self._observers:
            observer(changes)
