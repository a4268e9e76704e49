"""Pages of a listing. A page token says what the page before ended with, so pages stay right while documents change."""

from __future__ import annotations

import base64
import binascii

from google.protobuf.message import DecodeError

from localcloud.firestore import fields
from localcloud.firestore.ordering import ASCENDING, DESCENDING
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Cursor, Document, ListDocumentsRequest, StructuredQuery, Value

DEFAULT_SIZE = 300
MAX_SIZE = 1000

_DIRECTIONS = {"asc": ASCENDING, "desc": DESCENDING}


def size(requested: int) -> int:
    """How many entries a page holds. Raises INVALID_ARGUMENT for a negative number."""
    if requested < 0:
        raise invalid("page_size must not be negative")
    return min(requested or DEFAULT_SIZE, MAX_SIZE)


def listing(request: ListDocumentsRequest, page_size: int) -> StructuredQuery:
    """The query for a page of a collection and one document more. Raises INVALID_ARGUMENT."""
    if request.order_by and request.show_missing:
        raise invalid("order_by cannot be used when show_missing is true")
    query = StructuredQuery()
    query.from_.add().collection_id = request.collection_id
    for part in request.order_by.split(",") if request.order_by else ():
        _add_order(query, part.split())
    if not query.order_by or query.order_by[-1].field.field_path != "__name__":
        last = query.order_by[-1].direction if query.order_by else ASCENDING
        query.order_by.add(direction=last).field.field_path = "__name__"
    query.limit.value = page_size + 1
    if request.page_token:
        try:
            query.start_at.MergeFromString(decode(request.page_token))
        except DecodeError:
            raise invalid("invalid page token") from None
    return query


def after(document: Document, query: StructuredQuery) -> str:
    """The token of the page of a listing that follows `document`."""
    cursor = Cursor(before=False)
    for order in query.order_by:
        path = fields.parse(order.field.field_path)
        value = Value(reference_value=document.name) if path == fields.NAME else fields.get(document.fields, path)
        cursor.values.append(value)
    return encode(cursor.SerializeToString())


def encode(token: bytes) -> str:
    """A page token as text."""
    return base64.urlsafe_b64encode(token).decode()


def decode(token: str) -> bytes:
    """A page token from text; empty for an empty one. Raises INVALID_ARGUMENT if it is none."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except binascii.Error:
        raise invalid("invalid page token") from None


def _add_order(query: StructuredQuery, words: list[str]) -> None:
    direction = _DIRECTIONS.get(words[1].lower()) if len(words) == 2 else ASCENDING
    if not 0 < len(words) <= 2 or direction is None:
        raise invalid("order_by must be a list of fields with commas between, each followed by asc, desc or nothing")
    query.order_by.add(direction=direction).field.field_path = words[0]
