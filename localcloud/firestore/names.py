"""Resource names: which are valid, what they are made of, and how they sort.

projects/P/databases/D                                  a database
projects/P/databases/D/documents                        its root
projects/P/databases/D/documents/C/d                    a document in collection C
projects/P/databases/D/documents/C/d/S/e                a document in a collection below it
"""

from __future__ import annotations

import re
from functools import lru_cache

from localcloud.firestore.refusals import invalid

MAX_ID_BYTES = 1500
MAX_NAME_BYTES = 6 * 1024
MAX_COLLECTION_DEPTH = 100

NameKey = tuple[tuple[int, int | str], ...]

_ROOT_PARTS = 5
_RESERVED = re.compile(r"__.*__", re.DOTALL)
_NUMERIC_ID = re.compile(r"__id(-?\d{1,19})__")


@lru_cache(maxsize=4096)
def check_document(name: str) -> str:
    """`name`, if it is a document's. Raises INVALID_ARGUMENT otherwise."""
    parts = _below_root(name, "document name")
    if not parts or len(parts) % 2:
        raise invalid(f'document name "{name}" does not name a document: it needs collection/document pairs')
    return name


@lru_cache(maxsize=256)
def check_parent(name: str) -> str:
    """`name`, if it is the root of a database or a document's. Raises INVALID_ARGUMENT otherwise."""
    parts = _below_root(name, "parent")
    if len(parts) % 2:
        raise invalid(f'parent "{name}" is a collection; it must be a document or end with /documents')
    return name


@lru_cache(maxsize=256)
def check_database(name: str) -> str:
    """`name`, if it is a database's. Raises INVALID_ARGUMENT otherwise."""
    parts = name.split("/")
    if (
        len(parts) != _ROOT_PARTS - 1
        or parts[0] != "projects"
        or parts[2] != "databases"
        or not (parts[1] and parts[3])
    ):
        raise invalid(f'database name "{name}" is not of the form projects/PROJECT/databases/DATABASE')
    return name


def check_collection_id(collection_id: str) -> str:
    """`collection_id`, if a collection can be called so. Raises INVALID_ARGUMENT otherwise."""
    if "/" in collection_id:
        raise invalid(f'collection id "{collection_id}" is invalid because it contains "/"')
    _check_id(collection_id, "collection id")
    if _RESERVED.fullmatch(collection_id):
        raise invalid(f'collection id "{collection_id}" is invalid because it is reserved')
    return collection_id


def check_document_id(document_id: str) -> str:
    """`document_id`, if a document can be called so. Raises INVALID_ARGUMENT otherwise."""
    if "/" in document_id:
        raise invalid(f'document id "{document_id}" is invalid because it contains "/"')
    _check_id(document_id, "document id")
    if _RESERVED.fullmatch(document_id) and not _NUMERIC_ID.fullmatch(document_id):
        raise invalid(f'document id "{document_id}" is invalid because it is reserved')
    return document_id


def database_of(name: str) -> str:
    """The database that a valid document or parent name lies in."""
    return "/".join(name.split("/", _ROOT_PARTS - 1)[: _ROOT_PARTS - 1])


def split(name: str) -> tuple[str, str]:
    """A valid document name as the path of its collection and its id."""
    collection, _, document_id = name.rpartition("/")
    return collection, document_id


def key(name: str) -> NameKey:
    """What a valid document name sorts by: part by part, numeric ids (`__id7__`) first and by number."""
    collection, document_id = split(name)
    return (*_collection_key(collection), _part_key(document_id))


@lru_cache(maxsize=4096)
def _collection_key(path: str) -> NameKey:
    return tuple(_part_key(part) for part in path.split("/"))


def _part_key(part: str) -> tuple[int, int | str]:
    if part.startswith("__id") and (number := _NUMERIC_ID.fullmatch(part)):
        return (0, int(number[1]))
    return (1, part)


def _below_root(name: str, what: str) -> list[str]:
    """The collection and document ids of a name, checked."""
    parts = name.split("/")
    if len(parts) < _ROOT_PARTS or parts[4] != "documents":
        raise invalid(f'{what} "{name}" does not begin with projects/PROJECT/databases/DATABASE/documents')
    check_database("/".join(parts[:4]))
    if len(name) > MAX_NAME_BYTES // 4 and len(name.encode()) > MAX_NAME_BYTES:
        raise invalid(f"{what} is longer than {MAX_NAME_BYTES} bytes")
    below = parts[_ROOT_PARTS:]
    if len(below) > 2 * MAX_COLLECTION_DEPTH:
        raise invalid(f"{what} is deeper than {MAX_COLLECTION_DEPTH} collections")
    for position, part in enumerate(below):
        (check_document_id if position % 2 else check_collection_id)(part)
    return below


def _check_id(value: str, what: str) -> None:
    if value in {"", ".", ".."}:
        raise invalid(f'{what} "{value}" is invalid: it must not be empty, "." or ".."')
    if len(value) > MAX_ID_BYTES // 4 and len(value.encode()) > MAX_ID_BYTES:
        raise invalid(f"{what} is longer than {MAX_ID_BYTES} bytes")
