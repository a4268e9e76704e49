"""A query, compiled: which documents it is about, and how to get from candidates to results."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localcloud.firestore import fields, filters, names, ordering
from localcloud.firestore.refusals import invalid, unimplemented
from localcloud.firestore.scope import Scope
from localcloud.firestore.wire import Document, StructuredQuery

# Documents looked at before other calls get their turn; about a millisecond's worth.
_SLICE = 400

Placed = tuple[ordering.Position, Document]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A compiled query. `limit` is None where there is none; `projection` where whole documents are wanted."""

    scope: Scope
    matches: filters.Predicate
    order: ordering.Ordering
    start: ordering.Bound | None
    end: ordering.Bound | None
    offset: int
    limit: int | None
    projection: tuple[fields.Path, ...] | None

    @property
    def is_window(self) -> bool:
        """Whether the results are only a part of the documents that match."""
        return self.offset > 0 or self.limit is not None

    def place(self, document: Document) -> ordering.Position | None:
        """The position of a document in scope among the matches, or None if it is none of them."""
        if not self.matches(document):
            return None
        position = self.order.position(document)
        if position is None:
            return None
        if self.start is not None and not self.order.is_after(position, self.start):
            return None
        if self.end is not None and self.order.is_after(position, self.end):
            return None
        return position

    def touches(self, name: str, *versions: Document | None) -> bool:
        """Whether any of these versions of the document `name` matches."""
        if not self.scope.holds(names.split(name)[0]):
            return False
        return any(version is not None and self.place(version) is not None for version in versions)

    def results(self, candidates: Iterable[Document]) -> list[Document]:
        """The results among all documents in scope, in order."""
        return self._window(self._first(self._placed(candidates)))

    async def results_in_slices(self, candidates: Sequence[Document]) -> list[Document]:
        """The same, letting other calls run in between."""
        placed: list[Placed] = []
        for start in range(0, len(candidates), _SLICE):
            placed += self._placed(candidates[start : start + _SLICE])
            if start + _SLICE < len(candidates):
                if self.limit is not None:
                    placed = self._first(placed)
                await asyncio.sleep(0)
        return self._window(self._first(placed))

    def project(self, document: Document) -> Document:
        """What of a result is sent."""
        return document if self.projection is None else fields.project(document, self.projection)

    def _placed(self, candidates: Iterable[Document]) -> list[Placed]:
        return [(place, document) for document in candidates if (place := self.place(document)) is not None]

    def _first(self, placed: list[Placed]) -> list[Placed]:
        """In order, without what lies beyond the limit."""
        placed.sort(key=_place, reverse=self.order.reverse)
        return placed if self.limit is None else placed[: self.offset + self.limit]

    def _window(self, placed: list[Placed]) -> list[Document]:
        return [document for _, document in placed[self.offset :]]


def compile_query(parent: str, query: StructuredQuery, *, needed: Sequence[str] = ()) -> Plan:
    """Compile a query below `parent`. Raises INVALID_ARGUMENT, and UNIMPLEMENTED for vector search.

    `needed`: fields that every result must have, because they are aggregated.
    """
    if query.HasField("find_nearest"):
        raise unimplemented("vector search (find_nearest)")
    if query.offset < 0:
        raise invalid("offset is negative")
    if query.limit.value < 0:
        raise invalid("limit is negative")
    scope = _scope(names.check_parent(parent), query)
    order = ordering.complete(query, needed=needed)
    given = len(query.order_by)
    return Plan(
        scope=scope,
        matches=filters.compile_filter(query.where) if query.HasField("where") else _everything,
        order=order,
        start=order.bound(query.start_at, given=given) if query.HasField("start_at") else None,
        end=order.bound(query.end_at, given=given) if query.HasField("end_at") else None,
        offset=query.offset,
        limit=query.limit.value if query.HasField("limit") else None,
        projection=_projection(query),
    )


def _place(placed: Placed) -> ordering.Position:
    return placed[0]


def _everything(_: Document) -> bool:
    return True


def _scope(parent: str, query: StructuredQuery) -> Scope:
    if len(query.from_) > 1:
        raise invalid("a query cannot have more than one collection selector")
    if not query.from_:
        return Scope(parent=parent, collection_id="", descendants=False)
    (selector,) = query.from_
    if selector.collection_id:
        names.check_collection_id(selector.collection_id)
    return Scope(parent=parent, collection_id=selector.collection_id, descendants=selector.all_descendants)


def _projection(query: StructuredQuery) -> tuple[fields.Path, ...] | None:
    # A projection to no field at all means all of them.
    if not query.select.fields:
        return None
    return tuple(fields.parse(field.field_path) for field in query.select.fields)
