"""How values compare: one total order over all types, as Firestore documents it.

null < false < true < NaN < numbers < timestamps < strings < bytes < references < geo points < arrays < vectors < maps

Integers and doubles compare by their exact numeric value; -0.0 equals 0. Strings compare by UTF-8 bytes, which is the
order of their code points; references part by part; arrays element by element; maps as their sorted entries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.firestore import names
from localcloud.firestore.wire import Value

Key = tuple[Any, ...]

NULL = (0,)
NAN = (2,)
_BOOLEAN, _NUMBER, _TIMESTAMP, _STRING, _BYTES, _REFERENCE, _GEO_POINT, _ARRAY, _VECTOR, _MAP = (
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)


def key(value: Value) -> Key:
    """What `value` sorts by: keys of equal values are equal, and `key(a)[0]` differs between types."""
    return _KEYS[value.WhichOneof("value_type")](value)


def name_key(name: str) -> Key:
    """The key of a reference to the document `name`."""
    return (_REFERENCE, names.key(name))


def is_vector(value: Value) -> bool:
    """Whether a map value is a vector in disguise: `{"__type__": "__vector__", "value": [...]}`."""
    kind = value.map_value.fields.get("__type__")
    return kind is not None and bool(kind.string_value == "__vector__")


def _double(value: Value) -> Key:
    number = value.double_value
    return NAN if number != number else (_NUMBER, number)  # noqa: PLR0124 - only NaN differs from itself


def _timestamp(value: Value) -> Key:
    moment = value.timestamp_value
    return (_TIMESTAMP, moment.seconds, moment.nanos)


def _geo_point(value: Value) -> Key:
    point = value.geo_point_value
    return (_GEO_POINT, point.latitude, point.longitude)


def _array(value: Value) -> Key:
    return (_ARRAY, tuple(map(key, value.array_value.values)))


def _map(value: Value) -> Key:
    fields = value.map_value.fields
    if is_vector(value):
        elements = fields["value"].array_value.values
        return (_VECTOR, len(elements), tuple(map(key, elements)))
    return (_MAP, tuple((name, key(fields[name])) for name in sorted(fields)))


_KEYS: dict[str, Callable[[Value], Key]] = {
    "null_value": lambda _: NULL,
    "boolean_value": lambda value: (_BOOLEAN, value.boolean_value),
    "integer_value": lambda value: (_NUMBER, value.integer_value),
    "double_value": _double,
    "timestamp_value": _timestamp,
    "string_value": lambda value: (_STRING, value.string_value),
    "bytes_value": lambda value: (_BYTES, value.bytes_value),
    "reference_value": lambda value: name_key(value.reference_value),
    "geo_point_value": _geo_point,
    "array_value": _array,
    "map_value": _map,
}
