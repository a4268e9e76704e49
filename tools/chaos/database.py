"""A model of Firestore: documents in memory, conditional commits, and everything that can go wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from shared.database import Decide, Fields, Span, Write
from tools.chaos.fate import Crash, Fate, Unanswered
from tools.chaos.profiles import Profile

R = TypeVar("R")

TRIES = 12  # of one transaction, within the time that all tries together are given


class Witness(Protocol):
    """Sees every change of a document, as part of the commit that made it."""

    def committed(self, changes: Mapping[str, tuple[Fields | None, Fields | None]]) -> None:
        """Paths with the fields before and after."""


class ModelDatabase:
    """`shared.database.Database` in memory. `meanwhile` lets others go on between a read and its commit, `away`
    says whether it is out of order.
    """

    def __init__(
        self,
        fate: Fate,
        profile: Profile,
        witness: Witness,
        *,
        meanwhile: Callable[[], None],
        away: Callable[[], bool],
    ) -> None:
        self.documents: dict[str, Fields] = {}
        self._away = away
        self._fate = fate
        self._profile = profile
        self._witness = witness
        self._meanwhile = meanwhile

    def read(self, path: str) -> Fields | None:
        """See `Database.read`."""
        self._answer()
        return self.documents.get(path)

    def find(self, collection: str, field: str, value: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """See `Database.find`."""
        self._answer()
        documents = self.documents
        found = [path for path, fields in documents.items() if fields.get(field) == value and _in(collection, path)]
        return [(path, documents[path]) for path in sorted(found) if path > after][:limit]

    def page(self, collection: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """See `Database.page`."""
        self._answer()
        found = sorted(path for path in self.documents if _in(collection, path) and path > after)
        return [(path, self.documents[path]) for path in found[:limit]]

    def within(self, span: Span, *, limit: int, after: tuple[datetime, str] | None = None) -> list[tuple[str, Fields]]:
        """See `Database.within`."""
        self._answer()
        found = [
            (fields[span.time], path)
            for path, fields in self.documents.items()
            if _in(span.collection, path) and fields.get(span.field) == span.value
        ]
        inside = [each for each in found if span.since <= each[0] < span.until and (after is None or each < after)]
        return [(path, self.documents[path]) for _, path in sorted(inside, reverse=True)[:limit]]

    def list_documents(self, collection: str) -> list[str]:
        """See `Database.list_documents`."""
        self._answer()
        return sorted(path for path in self.documents if _in(collection, path))

    def below(self, path: str) -> list[str]:
        """See `Database.below`."""
        self._answer()
        return sorted(below for below in self.documents if below.startswith(f"{path}/"))

    def transact(self, paths: Sequence[str], decide: Decide[R]) -> R:
        """See `Database.transact`. Raises Unanswered where contention or faults go on for too long."""
        for _ in range(TRIES):
            if self._away():
                break
            committed, value = self._once(paths, decide)
            if committed:
                return value
        raise Unanswered("the database does not answer")

    def _once(self, paths: Sequence[str], decide: Decide[R]) -> tuple[bool, R]:
        """One try: whether it was committed as far as the client can tell, and what was decided."""
        fault = self._fate.pick(self._profile.transaction)
        found = {path: self.documents.get(path) for path in paths}
        value, writes = decide(found)
        if not writes:
            return True, value
        if fault == "others in between":
            self._meanwhile()
        if fault == "lost, given up":
            raise Unanswered(fault)
        stale = any(path in found and self.documents.get(path) is not found[path] for path in (w.path for w in writes))
        if fault == "lost" or stale:
            return False, value
        self._apply(writes, found)
        if fault == "applied, given up":
            raise Unanswered(fault)
        if fault == "applied, crash":
            raise Crash
        return fault != "applied, unanswered", value

    def _answer(self) -> None:
        if self._away() or self._fate.happens("read unanswered", self._profile.read):
            raise Unanswered("read")

    def _apply(self, writes: Sequence[Write], found: Mapping[str, Fields | None]) -> None:
        changes: dict[str, tuple[Fields | None, Fields | None]] = {}
        documents = self.documents
        for write in writes:
            path = write.path
            before = documents.get(path)
            after = _after(write, before, read=path in found)
            changes[path] = (changes[path][0] if path in changes else before, after)
            if after is None:
                documents.pop(path, None)
            else:
                documents[path] = after
        self._witness.committed(changes)


def _in(collection: str, path: str) -> bool:
    return path.startswith(collection) and path.rfind("/") == len(collection)


def _after(write: Write, before: Fields | None, *, read: bool) -> Fields | None:
    """What Firestore makes of one write: a document that was read is updated, one that was not is set."""
    if write.fields is None:
        return None
    merged = before is not None and (read or bool(write.add))
    fields = {**before, **write.fields} if merged and before is not None else dict(write.fields)
    for name, number in write.add.items():
        fields[name] = fields.get(name, 0) + number
    return fields
