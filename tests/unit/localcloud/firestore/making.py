"""Firestore's messages from plain Python values, for tests below the client library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.firestore.wire import ArrayValue, Document, Value, Write

DATABASE = "projects/demo-loupe/databases/(default)"
ROOT = f"{DATABASE}/documents"


def value(plain: Any) -> Value:
    """None, bool, int, float, str, bytes, list, dict, or a Value, which stays as it is."""
    if isinstance(plain, Value):
        return plain
    if plain is None:
        return Value(null_value=0)
    if isinstance(plain, list):
        return Value(array_value=ArrayValue(values=map(value, plain)))
    if isinstance(plain, Mapping):
        made = Value()
        made.map_value.SetInParent()
        for name, field in plain.items():
            made.map_value.fields[name].CopyFrom(value(field))
        return made
    kinds = {bool: "boolean_value", int: "integer_value", float: "double_value", str: "string_value"}
    return Value(**{kinds.get(type(plain), "bytes_value"): plain})


def reference(path: str) -> Value:
    return Value(reference_value=f"{ROOT}/{path}")


def document(path: str, fields: Mapping[str, Any]) -> Document:
    made = Document(name=f"{ROOT}/{path}")
    for name, field in fields.items():
        made.fields[name].CopyFrom(value(field))
    return made


def setting(path: str, fields: Mapping[str, Any]) -> Write:
    return Write(update=document(path, fields))


def deleting(path: str) -> Write:
    return Write(delete=f"{ROOT}/{path}")
