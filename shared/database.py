"""How state changes: read some documents, decide, write all of it or nothing.

`Database` is the port; `shared.firestore` is Firestore behind it. A write may be lost, applied, or applied without an
answer. In all three cases the documents are read again and `decide` runs again; so a decision must recognise its own
earlier effect, by an owner or a name that it chose itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

R = TypeVar("R")
Fields = dict[str, Any]


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What shall become of one document: its new fields, or its deletion where `fields` is None.

    A document that was read is written only if nobody has written it since. One that was not read is written as it
    comes: only for documents whose name and content follow from the decision alone, so that twice is as good as once.
    """

    path: str
    fields: Fields | None
    add: Mapping[str, int] = {}  # numbers to add to fields, on top


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of `collection` whose `field` is `value`, and whose `time` is from `since` to before `until`.

    It needs an index of both: each one of those takes at most about 500 new documents a second of the same `value`.
    """

    collection: str
    field: str
    value: str
    time: str
    since: datetime
    until: datetime


Found = Mapping[str, Fields | None]
Decide = Callable[[Found], tuple[R, Sequence[Write]]]


class Database(Protocol):
    """Documents by path, `collection/id/collection/id`."""

    def read(self, path: str) -> Fields | None:
        """The fields of one document as it is now, or None where there is none."""

    def find(self, collection: str, field: str, value: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """At most `limit` documents of a collection whose `field` is `value`, in the order of their paths.

        `after` is the path of the last document that is known already.
        """

    def page(self, collection: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """At most `limit` documents of a collection as they come, in the order of their paths, after the path `after`.

        This is how to see everything that a field tells which has no index.
        """

    def within(self, span: Span, *, limit: int, after: tuple[datetime, str] | None = None) -> list[tuple[str, Fields]]:
        """At most `limit` documents of a span, the newest first; `after` is the time and path of the last one known."""

    def list_documents(self, collection: str) -> list[str]:
        """The paths of all documents directly in a collection, `jobs/j1/findings` say."""

    def below(self, path: str) -> list[str]:
        """The paths of all documents below a document, however deep."""

    def transact(self, paths: Sequence[str], decide: Decide[R]) -> R:
        """Run `decide` on the documents at `paths` (None where there is none) and commit its writes.

        Returns what `decide` returned first; no writes: nothing is committed. Raises what `decide` raises.
        """
