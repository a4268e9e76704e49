"""The order of a query's results, and positions in it.

Firestore completes what a query says: fields of inequalities that are not ordered by are appended in the order of their
names, then the document name, all in the direction of the last order given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.firestore import content, fields, filter_rules, values
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Cursor, Document, Filter, StructuredQuery, Value

ASCENDING, DESCENDING = 1, 2

Position = tuple[Any, ...]

_NAME_TEXT = "__name__"


class _Reversed:
    """A key that sorts the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: values.Key) -> None:
        self.key = key

    def __lt__(self, other: _Reversed) -> bool:
        return other.key < self.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, kw_only=True)
class _Term:
    path: fields.Path
    key: Callable[[Document], values.Key | None]
    descending: bool


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A cursor: a prefix of a position, and whether it lies before or after the documents that are equal to it."""

    position: Position
    before: bool


class Ordering:
    """The complete order of a query."""

    def __init__(self, terms: Sequence[tuple[str, bool]]) -> None:
        """Make an order of field paths and whether each is descending. Raises INVALID_ARGUMENT for a bad path."""
        self._terms = [_term(text, descending=descending) for text, descending in terms]
        # Descending throughout is as fast as ascending: positions stay as they are, and the results are reversed.
        self.reverse = all(term.descending for term in self._terms)

    def position(self, document: Document) -> Position | None:
        """Where the document stands, or None if it lacks a field of the order and so is no result at all.

        Positions compare with `<` only, and the wrong way round if `reverse`.
        """
        position = []
        for term in self._terms:
            key = term.key(document)
            if key is None:
                return None
            position.append(_Reversed(key) if term.descending and not self.reverse else key)
        return tuple(position)

    def bound(self, cursor: Cursor, *, given: int) -> Bound:
        """The bound of a cursor, for a query of which `given` orders were given. Raises INVALID_ARGUMENT."""
        if len(cursor.values) > given:
            raise invalid("a cursor has more values than the query has orders")
        position: list[Any] = []
        for term, value in zip(self._terms, cursor.values, strict=False):
            if term.path == fields.NAME and not value.HasField("reference_value"):
                raise invalid("the __name__ value of a cursor is not a document reference")
            content.check_value(value)
            key = values.key(value)
            position.append(_Reversed(key) if term.descending and not self.reverse else key)
        return Bound(position=tuple(position), before=cursor.before)

    def is_after(self, position: Position, bound: Bound) -> bool:
        """Whether a position comes after a bound: equal ones do if the bound lies before them."""
        prefix = position[: len(bound.position)]
        if bound.before:
            return not self._less(prefix, bound.position)
        return self._less(bound.position, prefix)

    def _less(self, one: Position, other: Position) -> bool:
        return other < one if self.reverse else one < other


def complete(query: StructuredQuery, *, needed: Sequence[str] = ()) -> Ordering:
    """The complete order of a query.

    `needed`: fields that every result must have, because they are aggregated. Raises INVALID_ARGUMENT if the query is
    ordered twice by a field, or by anything after the name.
    """
    terms = [(order.field.field_path, order.direction == DESCENDING) for order in query.order_by]
    _check(terms)
    where = query.where if query.HasField("where") else Filter()
    last = terms[-1][1] if terms else False
    by_name = _pop_name(terms)
    ordered = {text for text, _ in terms} | {_NAME_TEXT}
    implied = dict.fromkeys([*filter_rules.inequality_fields(where), *needed])
    terms += [(text, last) for text in implied if text not in ordered]
    terms.append((_NAME_TEXT, last if by_name is None else by_name))
    return Ordering(terms)


def _check(terms: Sequence[tuple[str, bool]]) -> None:
    texts = [text for text, _ in terms]
    if len(set(texts)) < len(texts):
        raise invalid("a query cannot be ordered by the same field twice")
    if _NAME_TEXT in texts[:-1]:
        raise invalid("a query cannot be ordered by anything after __name__")


def _pop_name(terms: list[tuple[str, bool]]) -> bool | None:
    """Take the order by name, which is the last if it is there, off `terms`: whether it is descending."""
    return terms.pop()[1] if terms and terms[-1][0] == _NAME_TEXT else None


def _term(text: str, *, descending: bool) -> _Term:
    path = fields.parse(text)
    if path == fields.NAME:
        return _Term(path=path, key=lambda document: values.name_key(document.name), descending=descending)
    lookup = fields.lookup(path)

    def key(document: Document) -> values.Key | None:
        value: Value | None = lookup(document)
        return None if value is None else values.key(value)

    return _Term(path=path, key=key, descending=descending)
