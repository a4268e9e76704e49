"""What a backup says of itself, so that it can be checked, and a restored project compared with it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from loupe.trouble import Trouble

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DOCUMENTS: Final = "documents.jsonl"
OBJECTS: Final = "objects.jsonl"
CONTENT: Final = "content"


class StoredObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One object: its bucket by what it is for, and everything that has to be as it was. `sha256` names its content."""

    bucket: str
    name: str
    generation: int
    size: int
    crc32c: str
    sha256: str
    content_type: str | None = None
    cache_control: str | None = None
    metadata: dict[str, str] = {}


class Totals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What has to be the same after a restore. Digests do not depend on order, project or generations."""

    documents: int
    documents_sha256: str
    objects: int
    bytes: int
    objects_sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The first thing to read of a backup, and the last that is written: without it a backup is not whole."""

    format: int = FORMAT
    version: str
    project: str
    buckets: dict[str, str]
    read_time: Annotated[datetime, msgspec.Meta(tz=True)]
    totals: Totals
    files: dict[str, str]  # file → SHA-256


def totals(documents: Iterable[bytes], objects: Iterable[StoredObject]) -> Totals:
    """The sum of canonical documents (`names.canonical`) and of objects."""
    lines = [hashlib.sha256(one).digest() for one in documents]
    kept = list(objects)
    facts = (
        msgspec.json.encode(
            (one.bucket, one.name, one.size, one.crc32c, one.content_type, one.metadata), order="sorted"
        )
        for one in kept
    )
    return Totals(
        documents=len(lines),
        documents_sha256=_joined(lines),
        objects=len(kept),
        bytes=sum(one.size for one in kept),
        objects_sha256=_joined([hashlib.sha256(one).digest() for one in facts]),
    )


def read(folder: Path) -> Manifest:
    """The manifest, once every file that it names has been found unchanged. Raises Trouble."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise Trouble(f"{folder} holds no whole backup: there is no {MANIFEST} in it. Take one anew.") from error
    except msgspec.DecodeError as error:
        raise Trouble(f"{folder / MANIFEST} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise Trouble(f"{folder} is of format {manifest.format}, and this version reads {FORMAT}.")
    for name, digest in manifest.files.items():
        if not (folder / name).is_file() or file_digest(folder / name) != digest:
            raise Trouble(f"{folder / name} is not as it was written. Use another backup.")
    return manifest


def objects_of(folder: Path) -> list[StoredObject]:
    """The inventory of a backup."""
    lines = (folder / OBJECTS).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=StoredObject) for line in lines]


def contents(folder: Path, objects: Iterable[StoredObject]) -> Mapping[str, Path]:
    """Where the content of each object is, by SHA-256. Raises Trouble where one is missing or changed."""
    found: dict[str, Path] = {}
    for one in objects:
        path = folder / CONTENT / one.sha256
        if one.sha256 not in found and (not path.is_file() or file_digest(path) != one.sha256):
            raise Trouble(f"{path}, the content of {one.bucket}/{one.name}, is not as it was. Use another backup.")
        found[one.sha256] = path
    return found


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _facts(one: StoredObject) -> tuple[object, ...]:
    """Everything but the generation, which a restored object has a new one of."""
    return one.bucket, one.name, one.size, one.crc32c, one.content_type, one.cache_control, one.metadata


def _joined(digests: list[bytes]) -> str:
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()
