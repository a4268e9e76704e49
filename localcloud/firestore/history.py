"""The recent past: enough of it to read documents as they were a moment ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from localcloud.firestore import names
from localcloud.firestore.documents import Documents, Reader
from localcloud.firestore.refusals import failed_precondition
from localcloud.firestore.scope import Scope
from localcloud.firestore.wire import Document
from localcloud.firestore.writes import Change

BUDGET_BYTES = 8 * 1024 * 1024

# What an entry costs besides the document itself.
_CHANGE_BYTES = 300


class _Commit(NamedTuple):
    time: int
    changes: list[Change]
    size: int


class History:
    """The latest commits, as many as fit into the budget."""

    def __init__(self, *, start: int, budget: int = BUDGET_BYTES) -> None:
        """Begin at time `start`: nothing earlier can be read."""
        self._start = start
        self._budget = budget
        self._commits: deque[_Commit] = deque()
        self._size = 0

    def add(self, time: int, changes: list[Change]) -> None:
        """Remember a commit; `time` is later than all before it."""
        size = sum(_CHANGE_BYTES + (0 if before is None else before.ByteSize()) for _, before, _ in changes)
        self._commits.append(_Commit(time, changes, size))
        self._size += size
        while self._size > self._budget:
            forgotten = self._commits.popleft()
            self._size -= forgotten.size
            self._start = forgotten.time

    def reaches(self, time: int) -> bool:
        """Whether everything that happened after `time` is remembered."""
        return time >= self._start

    def since(self, time: int) -> Iterator[Change]:
        """What changed after `time`, latest first. Raises FAILED_PRECONDITION if that is not remembered any more."""
        if not self.reaches(time):
            raise failed_precondition("the requested read time is too long ago for the local Firestore")
        for commit in reversed(self._commits):
            if commit.time <= time:
                return
            yield from commit.changes


class Past:
    """The documents as they were at one time. Stays right while there are new commits only if nobody awaits."""

    def __init__(self, present: Documents, undone: Iterable[Change]) -> None:
        """`undone`: what changed since, latest first."""
        self._present = present
        self._before = {change.name: change.before for change in undone}

    def get(self, name: str) -> Document | None:
        return self._before[name] if name in self._before else self._present.get(name)

    def within(self, scope: Scope) -> list[Document]:
        unchanged = [document for document in self._present.within(scope) if document.name not in self._before]
        changed = [
            document
            for name, document in self._before.items()
            if document is not None and scope.holds(names.split(name)[0])
        ]
        return unchanged + changed

    def collections(self, parent: str) -> set[str]:
        everything = Scope(parent=parent, collection_id="", descendants=True)
        return {names.split(document.name)[0] for document in self.within(everything)}


def at(present: Documents, history: History, time: int) -> Reader:
    """The documents as they were at `time`. Raises FAILED_PRECONDITION if that is too long ago."""
    undone = list(history.since(time))
    return Past(present, undone) if undone else present
