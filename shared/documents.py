"""Typed values to Firestore documents and to JSON, and back. Field names are lowerCamelCase in both."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

PLAIN: Final = frozenset({str, int, float, bool, bytes, datetime, type(None)})  # types that stay as they are


def to_document(value: msgspec.Struct) -> dict[str, Any]:
    """A document's fields; times stay `datetime`, which Firestore keeps as native timestamps."""
    fields: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(datetime, bytes))
    return fields


def from_document(fields: dict[str, Any], into: type[T]) -> T:
    """The typed value of a document. Raises msgspec.ValidationError if it is not one; unknown fields are let be."""
    try:
        return msgspec.convert(fields, into)
    except msgspec.ValidationError:  # Firestore's own times are among them, or it is none
        return msgspec.convert(_plain(fields), into)


def to_json(value: msgspec.Struct | dict[str, Any]) -> dict[str, Any]:
    """What HTTP answers: the same names, times as RFC 3339 strings."""
    answer: dict[str, Any] = msgspec.to_builtins(_plain(value))
    return answer


def _plain(value: Any) -> Any:
    """Firestore's subclass of `datetime` (it adds nanoseconds, which Firestore itself does not keep) made plain."""
    if not value or type(value) in PLAIN:
        return value
    if isinstance(value, dict):
        return {name: field if type(field) in PLAIN else _plain(field) for name, field in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return datetime.combine(value.date(), value.timetz())
    return value
