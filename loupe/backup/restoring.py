"""A backup is put into an empty project, noted as it goes so that it can be taken back, and compared at the end.

Objects come first: Cloud Storage gives them new generations, which the documents then speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from loupe.backup import documents, manifest, names, objects
from loupe.backup.documents import Document
from loupe.backup.manifest import Manifest, Totals
from loupe.backup.taking import Progress, documents_in, totals_of
from loupe.trouble import Trouble

if TYPE_CHECKING:
    from loupe.backup.place import Place

FILLED: Final = ("models",)  # buckets that a new project may have something in: models that ship with Loupe


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was written: a document (`updated`, RFC 3339) or an object (`bucket`, `generation`)."""

    name: str
    updated: str = ""
    bucket: str = ""
    generation: int = 0


def require_empty(place: Place, at: datetime) -> None:
    """Raises Trouble where the project holds documents or objects of users."""
    for one in documents.everything(place, at):
        raise Trouble(f"{place.project} holds the document {one.path}. Restore into an empty project.")
    for purpose, blob in objects.listed(place):
        if purpose not in FILLED:
            raise Trouble(f"{place.project} holds {blob.bucket.name}/{blob.name}. Restore into an empty project.")


def check(place: Place, folder: Path, at: datetime) -> Manifest:
    """Whether the backup could be restored now: it is whole, and the project is empty. Raises Trouble."""
    made = manifest.read(folder)
    manifest.contents(folder, manifest.objects_of(folder))
    require_empty(place, at)
    return made


def restore(place: Place, folder: Path, journal: Path, at: datetime, progress: Progress) -> Manifest:
    """Put the backup into `place`, noting in `journal` what is written. Raises Trouble and google.api_core errors."""
    made = manifest.read(folder)
    kept = manifest.objects_of(folder)
    contents = manifest.contents(folder, kept)
    require_empty(place, at)
    generations: dict[str, str] = {}
    with journal.open("wb") as notes:
        for number, one in enumerate(kept, start=1):
            generation, new = objects.put(place, one, contents[one.sha256])
            generations[str(one.generation)] = str(generation)
            if new:
                _note(notes, Note(name=one.name, bucket=one.bucket, generation=generation))
            progress("objects", number)
        written = documents.write(place, _moved(place, made, folder, generations))
        for number, (path, updated) in enumerate(written, start=1):
            _note(notes, Note(name=path, updated=updated))
            progress("documents", number)
    return made


def found(place: Place, at: datetime) -> Totals:
    """What the project holds now, to be compared with what the backup held."""
    kept = [objects.described(purpose, blob) for purpose, blob in objects.listed(place)]
    return totals_of(place, documents.everything(place, at), kept)


def take_back(place: Place, journal: Path, progress: Progress) -> list[str]:
    """Remove what the journal says was written; answers the documents that somebody has changed since, which stay."""
    notes = [msgspec.json.decode(line, type=Note) for line in journal.read_bytes().splitlines()]
    changed: list[str] = []
    for number, note in enumerate(reversed(notes), start=1):
        if note.bucket:
            objects.remove(place, note.bucket, note.name, note.generation)
        elif not documents.remove(place, note.name, note.updated):
            changed.append(note.name)
        progress("things", number)
    journal.unlink()
    return changed


def _moved(place: Place, made: Manifest, folder: Path, generations: dict[str, str]) -> Iterator[Document]:
    buckets = {old: place.buckets[purpose] for purpose, old in made.buckets.items()}
    root = (f"projects/{made.project}/databases/(default)/documents", place.root)
    for one in documents_in(folder):
        fields = names.moved(one.fields, generations=generations, buckets=buckets, root=root)
        yield Document(path=one.path, fields=fields)


def _note(notes: BinaryIO, note: Note) -> None:
    notes.write(msgspec.json.encode(note) + b"\n")
    notes.flush()  # whatever ends this process, what it wrote is known
