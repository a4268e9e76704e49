"""Who watches what: from a changed document to the targets that it may concern."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.firestore import names
from localcloud.firestore.scope import Scope
from localcloud.firestore.views import Changed, View
from localcloud.firestore.wire import Document
from localcloud.firestore.writes import Change

Projection = Callable[[Document], Document]


class Inbox:
    """What has changed for one listener since it last looked: one entry per document, however often it changed.

    A listener that is slow to look costs a commit nothing and grows no queue.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called when there is something new."""
        self._wake = wake
        self._changed: dict[Watch, dict[str, Document | None]] = {}

    def put(self, watch: Watch, change: Change) -> None:
        """Note the latest version of a document for a watch."""
        changed = self._changed.setdefault(watch, {})
        if change.after is None and not watch.is_loading and not watch.view.knows(change.name):
            changed.pop(change.name, None)
        else:
            changed[change.name] = change.after
        self._wake()

    def take(self) -> Mapping[Watch, Changed]:
        """Everything since the last time."""
        changed, self._changed = self._changed, {}
        return changed

    def drop(self, watch: Watch) -> None:
        """Forget what there is for a watch."""
        self._changed.pop(watch, None)


class Watch:
    """One target of one listener: a view, and where its news goes.

    While the view is loading its first documents it does not know yet which it will hold, so it is told everything.
    """

    def __init__(
        self, *, target_id: int, view: View, inbox: Inbox, where: Scope | frozenset[str], project: Projection
    ) -> None:
        """Make a watch.

        Args:
            target_id: the listener's number for it.
            view: what is shown.
            inbox: where changes are noted.
            where: the scope of a query, or the names of documents.
            project: what of a document is sent.
        """
        self.target_id = target_id
        self.view = view
        self.inbox = inbox
        self.where = where
        self.project = project
        self.is_loading = True


class Watchers:
    """All watches, found by the place that they are about."""

    def __init__(self) -> None:
        self._by_place: dict[Any, set[Watch]] = {}

    def __len__(self) -> int:
        return len(set().union(*self._by_place.values()))

    def add(self, watch: Watch) -> None:
        """From now on the watch is told."""
        for place in _places(watch):
            self._by_place.setdefault(place, set()).add(watch)

    def remove(self, watch: Watch) -> None:
        """The watch is told nothing more."""
        for place in _places(watch):
            self._by_place[place].discard(watch)
            if not self._by_place[place]:
                del self._by_place[place]

    def committed(self, changes: list[Change]) -> None:
        """Tell everybody whom a commit may concern."""
        if not self._by_place:
            return
        for change in changes:
            for watch in self._concerned(change.name):
                watch.inbox.put(watch, change)

    def _concerned(self, name: str) -> Iterator[Watch]:
        collection, _ = names.split(name)
        yield from self._by_place.get(("document", name), ())
        yield from self._by_place.get(("collection", collection), ())
        for place in (("group", collection.rpartition("/")[2]), ("group", "")):
            for watch in self._by_place.get(place, ()):
                if isinstance(watch.where, Scope) and watch.where.holds(collection):
                    yield watch


def _places(watch: Watch) -> list[tuple[str, str]]:
    if not isinstance(watch.where, Scope):
        return [("document", name) for name in watch.where]
    collection = watch.where.collection
    return [("group", watch.where.collection_id) if collection is None else ("collection", collection)]
