"""Which documents a query looks at, before any filter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The documents of one collection, of all collections of one id below a parent, or of all collections below it.

    parent: the root of a database or a document.
    collection_id: empty for every collection.
    descendants: whether collections deeper than directly below the parent count.
    """

    parent: str
    collection_id: str
    descendants: bool

    @property
    def collection(self) -> str | None:
        """The path of the one collection that this is, or None if it may be several."""
        if self.descendants or not self.collection_id:
            return None
        return f"{self.parent}/{self.collection_id}"

    @property
    def label(self) -> str:
        """A text that is the same for equal scopes, and no document's name."""
        return f"{self.parent}/{'**/' if self.descendants else ''}{self.collection_id or '*'}"

    def holds(self, collection: str) -> bool:
        """Whether the documents of the collection at this path are meant."""
        if not collection.startswith(self.parent + "/"):
            return False
        above, _, collection_id = collection.rpartition("/")
        if self.collection_id and collection_id != self.collection_id:
            return False
        return self.descendants or above == self.parent
