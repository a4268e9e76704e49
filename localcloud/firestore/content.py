"""What a document may hold. Everything that comes in as a value is checked here before it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.firestore import clock, fields, names, values
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, Value

MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_VALUE_BYTES = MAX_DOCUMENT_BYTES - 89
MAX_DEPTH = 20
MAX_VECTOR_LENGTH = 2048

_DOCUMENT_OVERHEAD = 32


def check_fields(content: Any, *, depth: int = 0) -> None:
    """Check the fields of a document, or of a map that lies `depth` maps and arrays deep.

    Timestamps are cut to microseconds in place, as they are kept. Raises INVALID_ARGUMENT.
    """
    for name, value in content.items():
        fields.check_name(name)
        check_value(value, depth=depth)


def check_value(value: Value, *, depth: int = 0, in_array: bool = False) -> None:
    """Check one value that lies `depth` maps and arrays deep; see `check_fields`."""
    kind = value.WhichOneof("value_type")
    if kind == "array_value":
        if in_array:
            raise invalid("an array cannot directly hold another array")
        _check_depth(depth)
        for element in value.array_value.values:
            check_value(element, depth=depth + 1, in_array=True)
    elif kind == "map_value":
        _check_depth(depth)
        if values.is_vector(value):
            _check_vector(value)
        else:
            check_fields(value.map_value.fields, depth=depth + 1)
    else:
        check = _SCALARS.get(kind)
        if check is None:
            raise invalid(f"a value of type {kind or 'unset'} is not supported")
        check(value)


def check_size(document: Document) -> None:
    """Raises INVALID_ARGUMENT if the document is larger than 1 MiB as Firestore counts."""
    # No value counts for more than four times its encoding; counting exactly is slow and hardly ever needed.
    if 4 * document.ByteSize() + 1024 <= MAX_DOCUMENT_BYTES:
        return
    counted = _DOCUMENT_OVERHEAD + _name_size(document.name) + _fields_size(document.fields)
    if counted > MAX_DOCUMENT_BYTES:
        raise invalid(
            f'document "{document.name}" cannot be written because its size ({counted} bytes) '
            f"exceeds the maximum of {MAX_DOCUMENT_BYTES} bytes"
        )


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise invalid(f"a value is nested more than {MAX_DEPTH} levels deep")


def _check_vector(value: Value) -> None:
    content = value.map_value.fields
    elements = content["value"].array_value.values if set(content) == {"__type__", "value"} else ()
    if not 0 < len(elements) <= MAX_VECTOR_LENGTH:
        raise invalid(f"a vector must hold 1 to {MAX_VECTOR_LENGTH} values")
    if any(element.WhichOneof("value_type") != "double_value" for element in elements):
        raise invalid("a vector must only hold values of type double")


def _check_timestamp(value: Value) -> None:
    moment = value.timestamp_value
    clock.check(moment)
    moment.nanos -= moment.nanos % 1000


def _check_string(value: Value) -> None:
    text = value.string_value
    if len(text) > MAX_VALUE_BYTES // 4 and len(text.encode()) > MAX_VALUE_BYTES:
        raise invalid(f"a string is longer than {MAX_VALUE_BYTES} bytes")


def _check_bytes(value: Value) -> None:
    if len(value.bytes_value) > MAX_VALUE_BYTES:
        raise invalid(f"a bytes value is longer than {MAX_VALUE_BYTES} bytes")


def _check_reference(value: Value) -> None:
    names.check_document(value.reference_value)


def _check_geo_point(value: Value) -> None:
    point = value.geo_point_value
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid("a geo point lies outside of latitude -90 to 90, longitude -180 to 180")


def _accept(_: Value) -> None:
    pass


_SCALARS: dict[str, Callable[[Value], None]] = {
    "null_value": _accept,
    "boolean_value": _accept,
    "integer_value": _accept,
    "double_value": _accept,
    "timestamp_value": _check_timestamp,
    "string_value": _check_string,
    "bytes_value": _check_bytes,
    "reference_value": _check_reference,
    "geo_point_value": _check_geo_point,
}


def _text_size(text: str) -> int:
    return len(text.encode()) + 1


def _name_size(name: str) -> int:
    return 16 + sum(map(_text_size, name.split("/")[5:]))


def _fields_size(content: Any) -> int:
    return sum(_text_size(name) + _value_size(value) for name, value in content.items())


def _value_size(value: Value) -> int:
    kind = value.WhichOneof("value_type")
    return _SIZES[kind](value)


_SIZES: dict[str, Callable[[Value], int]] = {
    "null_value": lambda _: 1,
    "boolean_value": lambda _: 1,
    "integer_value": lambda _: 8,
    "double_value": lambda _: 8,
    "timestamp_value": lambda _: 8,
    "geo_point_value": lambda _: 16,
    "string_value": lambda value: _text_size(value.string_value),
    "bytes_value": lambda value: len(value.bytes_value),
    "reference_value": lambda value: _name_size(value.reference_value),
    "array_value": lambda value: sum(map(_value_size, value.array_value.values)),
    "map_value": lambda value: _fields_size(value.map_value.fields),
}
