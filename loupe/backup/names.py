"""What changes when a document moves: the project in names, buckets in `gs://` places, generations of objects. Pure.

Cloud Storage gives a restored object a new generation, and documents say which generation they speak of. So documents
are taken with names of this project replaced, and put back with those of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

GENERATION: Final = "generation"
GENERATION_TEXT: Final = "objectGeneration"  # in attributes of messages, as Cloud Storage writes it

Fields = dict[str, Any]  # a document's fields as google.firestore.v1 writes them in JSON
Change = Callable[[str, str, str], str]  # name of the field, type of the value, value → value


def canonical(path: str, fields: Fields, objects: Mapping[str, str], buckets: Mapping[str, str], root: str) -> bytes:
    """A document as it is the same in every project: `objects` names generations, `buckets` says what each is for."""
    return msgspec.json.encode((path, _each(fields, _general(objects, buckets, root))), order="sorted")


def moved(
    fields: Fields,
    *,
    generations: Mapping[str, str],
    buckets: Mapping[str, str],
    root: tuple[str, str],
) -> Fields:
    """The fields for another project: generations, bucket names and the root of references, each old → new."""

    def change(name: str, kind: str, value: str) -> str:
        if _is_generation(name, kind):
            return generations.get(value, value)
        if kind == "referenceValue" and value.startswith(f"{root[0]}/"):
            return root[1] + value.removeprefix(root[0])
        if kind == "stringValue":
            return _bucket(value, buckets)
        return value

    return _each(fields, change)


def _general(objects: Mapping[str, str], buckets: Mapping[str, str], root: str) -> Change:
    def change(name: str, kind: str, value: str) -> str:
        if _is_generation(name, kind):
            return objects.get(value, value)
        if kind == "referenceValue":
            return value.removeprefix(f"{root}/")
        if kind == "stringValue":
            return _bucket(value, buckets)
        return value

    return change


def _is_generation(name: str, kind: str) -> bool:
    return (name, kind) in {(GENERATION, "integerValue"), (GENERATION_TEXT, "stringValue")}


def _bucket(value: str, buckets: Mapping[str, str]) -> str:
    if not value.startswith("gs://"):
        return value
    bucket, slash, name = value.removeprefix("gs://").partition("/")
    return f"gs://{buckets.get(bucket, bucket)}{slash}{name}"


def _each(fields: Fields, change: Change) -> Fields:
    return {name: _value(name, value, change) for name, value in fields.items()}


def _value(name: str, value: Mapping[str, Any], change: Change) -> dict[str, Any]:
    ((kind, inner),) = value.items()
    if kind == "mapValue":
        return {kind: {"fields": _each(inner.get("fields", {}), change)}}
    if kind == "arrayValue":
        return {kind: {"values": [_value(name, item, change) for item in inner.get("values", [])]}}
    return {kind: change(name, kind, inner) if isinstance(inner, str) else inner}
