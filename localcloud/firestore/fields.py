"""Field paths: reading them, and reaching into a document with them.

A path is a tuple of field names. On the wire its parts are joined by dots, and a part that is not a plain identifier
stands in backticks, where a backslash protects a backtick or a backslash: `` a.`b c`.d ``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, Value

Path = tuple[str, ...]
Lookup = Callable[[Document], Value | None]

NAME = ("__name__",)
MAX_NAME_BYTES = 1500

_RESERVED = re.compile(r"__.*__", re.DOTALL)
_PART = re.compile(r"([a-zA-Z_][a-zA-Z_0-9]*)|`((?:[^`\\]|\\.)+)`", re.DOTALL)
_PROTECTED = re.compile(r"\\(.)", re.DOTALL)


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """The path that `text` spells. Raises INVALID_ARGUMENT if it spells none, or a reserved one other than __name__."""
    parts = []
    position = 0
    while True:
        found = _PART.match(text, position)
        if found is None:
            raise invalid(f'invalid field path "{text}"')
        plain, quoted = found.groups()
        parts.append(plain if quoted is None else _PROTECTED.sub(r"\1", quoted))
        position = found.end()
        if position == len(text):
            break
        if text[position] != ".":
            raise invalid(f'invalid field path "{text}"')
        position += 1
    path = tuple(parts)
    if path != NAME:
        for part in path:
            check_name(part)
    return path


def check_name(name: str) -> None:
    """Raises INVALID_ARGUMENT if no field can be called `name`."""
    if not name:
        raise invalid("a field name is empty")
    if name.startswith("__") and _RESERVED.fullmatch(name):
        raise invalid(f"field name {name} is reserved")
    if len(name) > MAX_NAME_BYTES // 4 and len(name.encode()) > MAX_NAME_BYTES:
        raise invalid(f"a field name is longer than {MAX_NAME_BYTES} bytes")


def lookup(path: Path) -> Lookup:
    """A function that reads `path` from a document: the value, or None where there is none."""
    if len(path) == 1:
        name = path[0]
        return lambda document: document.fields.get(name)
    return lambda document: get(document.fields, path)


def get(fields: Any, path: Path) -> Value | None:
    """The value at `path` in the map `fields`, or None."""
    value: Value | None = None
    for part in path:
        if value is not None:
            if not value.HasField("map_value"):
                return None
            fields = value.map_value.fields
        value = fields.get(part)
        if value is None:
            return None
    return value


def put(fields: Any, path: Path, value: Value) -> None:
    """Set `path` in the map `fields`; what is in the way and no map is replaced by one."""
    for part in path[:-1]:
        within = fields[part]
        if not within.HasField("map_value"):
            within.map_value.SetInParent()
        fields = within.map_value.fields
    fields[path[-1]].CopyFrom(value)


def remove(fields: Any, path: Path) -> None:
    """Take `path` out of the map `fields`, if it is there."""
    for part in path[:-1]:
        within = fields.get(part)
        if within is None or not within.HasField("map_value"):
            return
        fields = within.map_value.fields
    if path[-1] in fields:
        del fields[path[-1]]


def project(document: Document, paths: Iterable[Path]) -> Document:
    """A copy of `document` that holds nothing but `paths`."""
    copy = Document(name=document.name)
    if document.HasField("update_time"):
        copy.create_time.CopyFrom(document.create_time)
        copy.update_time.CopyFrom(document.update_time)
    for path in paths:
        value = None if path == NAME else get(document.fields, path)
        if value is not None:
            put(copy.fields, path, value)
    return copy
