"""What a listener is shown: the documents of a target, kept up to date change by change.

A view is told the latest version of every document that changed in its scope, and answers what its listener must be
told. A query is never run again: each change is judged by itself, and where the results are a window (limit or offset)
the order of all matches is kept, so that what slides in or out is known.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localcloud.firestore.ordering import Position
from localcloud.firestore.plan import Plan
from localcloud.firestore.wire import Document

Changed = Mapping[str, Document | None]
"""The documents that changed, by name; None for those that do not exist any more."""


@dataclass(frozen=True, kw_only=True)
class Delta:
    """What a listener must be told. `removed` still exist, but are not in the target any more."""

    shown: Sequence[Document] = ()
    deleted: Sequence[str] = ()
    removed: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.shown or self.deleted or self.removed)


class View(Protocol):
    """The documents of one target."""

    def take_in(self, changed: Changed) -> None:
        """Take in the latest versions of documents in scope."""

    def delta(self) -> Delta:
        """What the listener must be told since the last time this was asked."""

    def knows(self, name: str) -> bool:
        """Whether the document is held, so that its deletion matters."""


class NamedView:
    """Documents by name: those that do not exist are reported as deleted."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._shown: dict[str, Document | None] = {}
        self._changed: dict[str, Document | None] = {}

    def take_in(self, changed: Changed) -> None:
        self._changed.update((name, document) for name, document in changed.items() if name in self._names)

    def delta(self) -> Delta:
        changed, self._changed = self._changed, {}
        different = {
            name: document
            for name, document in changed.items()
            if name not in self._shown or self._shown[name] is not document
        }
        self._shown.update(different)
        return Delta(
            shown=[document for document in different.values() if document is not None],
            deleted=[name for name, document in different.items() if document is None],
        )

    def knows(self, name: str) -> bool:
        return name in self._names


class QueryView:
    """All documents that match a query."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._matches: dict[str, Document] = {}
        self._shown: dict[str, Document] = {}
        self._changed: dict[str, Document | None] = {}

    def take_in(self, changed: Changed) -> None:
        self._changed.update(changed)
        for name, document in changed.items():
            if document is not None and self._plan.place(document) is not None:
                self._matches[name] = document
            else:
                self._matches.pop(name, None)

    def delta(self) -> Delta:
        shown: list[Document] = []
        deleted: list[str] = []
        removed: list[str] = []
        for name, document in self._changed.items():
            match = self._matches.get(name)
            if match is None:
                if self._shown.pop(name, None) is not None:
                    (deleted if document is None else removed).append(name)
            elif self._shown.get(name) is not match:
                self._shown[name] = match
                shown.append(match)
        self._changed = {}
        return Delta(shown=shown, deleted=deleted, removed=removed)

    def knows(self, name: str) -> bool:
        return name in self._matches or name in self._shown


@dataclass(order=True, slots=True)
class _Match:
    position: Position
    document: Document = field(compare=False)


class WindowView:
    """The part of the documents that match a query which its offset and limit leave."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ordered: list[_Match] = []
        self._matches: dict[str, _Match] = {}
        self._shown: dict[str, Document] = {}
        self._deleted: set[str] = set()

    def take_in(self, changed: Changed) -> None:
        for name, document in changed.items():
            match = self._matches.pop(name, None)
            if match is not None:
                del self._ordered[bisect_left(self._ordered, match)]
            if document is None:
                self._deleted.add(name)
                continue
            self._deleted.discard(name)
            position = self._plan.place(document)
            if position is not None:
                self._matches[name] = match = _Match(position, document)
                insort(self._ordered, match)

    def delta(self) -> Delta:
        window = {match.document.name: match.document for match in self._window()}
        gone = self._shown.keys() - window.keys()
        delta = Delta(
            shown=[document for name, document in window.items() if self._shown.get(name) is not document],
            deleted=sorted(gone & self._deleted),
            removed=sorted(gone - self._deleted),
        )
        self._shown, self._deleted = window, set()
        return delta

    def knows(self, name: str) -> bool:
        return name in self._matches or name in self._shown

    def _window(self) -> list[_Match]:
        first, length = self._plan.offset, len(self._ordered)
        stop = length if self._plan.limit is None else min(first + self._plan.limit, length)
        if self._plan.order.reverse:
            return self._ordered[max(0, length - stop) : max(0, length - first)]
        return self._ordered[first:stop]


def of_query(plan: Plan) -> View:
    """The view of a query, with nothing in it yet."""
    return WindowView(plan) if plan.is_window else QueryView(plan)
