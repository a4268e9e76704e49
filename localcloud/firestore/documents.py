"""Documents in memory, found by name or by collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol

from localcloud.firestore import names
from localcloud.firestore.scope import Scope
from localcloud.firestore.wire import Document


class Reader(Protocol):
    """Documents as they are, or as they were. A document that was read is never modified."""

    def get(self, name: str) -> Document | None:
        """The document of this name, or None."""

    def within(self, scope: Scope) -> list[Document]:
        """All documents in `scope`, in no order."""

    def collections(self, parent: str) -> Iterable[str]:
        """The paths of all collections below `parent`, however deep, that hold a document."""


class Documents:
    """The documents that there are now."""

    def __init__(self) -> None:
        self._collections: dict[str, dict[str, Document]] = {}
        self._groups: dict[str, set[str]] = {}

    def get(self, name: str) -> Document | None:
        collection, document_id = names.split(name)
        return self._collections.get(collection, {}).get(document_id)

    def within(self, scope: Scope) -> list[Document]:
        collection = scope.collection
        if collection is not None:
            return list(self._collections.get(collection, {}).values())
        paths = self._groups.get(scope.collection_id, ()) if scope.collection_id else self._collections
        return list(chain.from_iterable(self._collections[path].values() for path in paths if scope.holds(path)))

    def collections(self, parent: str) -> Iterator[str]:
        return (path for path in self._collections if path.startswith(parent + "/"))

    def put(self, name: str, document: Document | None) -> None:
        """Set the document of this name, or take it away."""
        collection, document_id = names.split(name)
        if document is not None:
            if collection not in self._collections:
                self._collections[collection] = {}
                self._groups.setdefault(collection.rpartition("/")[2], set()).add(collection)
            self._collections[collection][document_id] = document
            return
        held = self._collections.get(collection, {})
        held.pop(document_id, None)
        if not held and collection in self._collections:
            del self._collections[collection]
            self._groups[collection.rpartition("/")[2]].discard(collection)
