"""A backup is taken: documents as of one moment, then the objects, then the manifest that says that it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loupe.backup import documents, manifest, names, objects
from loupe.backup.documents import Document
from loupe.backup.manifest import CONTENT, DOCUMENTS, MANIFEST, OBJECTS, Manifest, StoredObject
from loupe.trouble import Trouble
from shared.version import VERSION

if TYPE_CHECKING:
    from loupe.backup.place import Place

Progress = Callable[[str, int], None]  # what, and how many so far


def take(place: Place, folder: Path, at: datetime, progress: Progress) -> Manifest:
    """Take everything that `place` holds at `at` into `folder`, which has to be empty or new. Raises Trouble.

    Objects that come or go meanwhile are taken or not; documents are all of the same moment.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Trouble(f"{folder} is not empty. Name a new folder.")
    (folder / CONTENT).mkdir(parents=True, exist_ok=True)
    _write_lines(folder / DOCUMENTS, _counted("documents", documents.everything(place, at), progress))
    _write_lines(folder / OBJECTS, _counted("objects", _fetched(place, folder / CONTENT), progress))
    made = Manifest(
        version=VERSION,
        project=place.project,
        buckets=dict(place.buckets),
        read_time=at,
        totals=totals_of(place, documents_in(folder), manifest.objects_of(folder)),
        files={name: manifest.file_digest(folder / name) for name in (DOCUMENTS, OBJECTS)},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2))
    return made


def documents_in(folder: Path) -> Iterator[Document]:
    """The documents of a backup."""
    with (folder / DOCUMENTS).open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Document)


def totals_of(place: Place, found: Iterator[Document], kept: list[StoredObject]) -> manifest.Totals:
    """What documents and objects of `place` come to, whatever project and generations they have."""
    purposes = {bucket: f"<{purpose}>" for purpose, bucket in place.buckets.items()}
    generations: Mapping[str, str] = {str(one.generation): f"{one.bucket}/{one.name}" for one in kept}
    lines = (names.canonical(one.path, one.fields, generations, purposes, place.root) for one in found)
    return manifest.totals(lines, kept)


def _fetched(place: Place, folder: Path) -> Iterator[StoredObject]:
    return (objects.fetch(purpose, blob, folder) for purpose, blob in objects.listed(place))


def _counted(what: str, things: Iterator[msgspec.Struct], progress: Progress) -> Iterator[msgspec.Struct]:
    for number, thing in enumerate(things, start=1):
        yield thing
        progress(what, number)


def _write_lines(path: Path, things: Iterator[msgspec.Struct]) -> None:
    with path.open("wb") as file:
        for thing in things:
            file.write(msgspec.json.encode(thing) + b"\n")
