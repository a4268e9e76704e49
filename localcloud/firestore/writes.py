"""What a list of writes does: worked out in full before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.unknown_fields import UnknownFieldSet

from localcloud.firestore import clock, content, fields, names, preconditions, transforms
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, FieldTransform, Write, WriteResult

# `Write.verify`, a document name, which the published API leaves out and the Web and Node clients send.
_VERIFY_FIELD = 5
_LENGTH_DELIMITED = 2


class Change(NamedTuple):
    """One document before and after a commit; None where it does not exist. A stored document is never modified."""

    name: str
    before: Document | None
    after: Document | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a commit does and what it answers."""

    changes: list[Change]
    results: list[WriteResult]


def work_out(writes: Sequence[Write], *, database: str, read: Callable[[str], Document | None], now: int) -> Outcome:
    """What `writes` do to the documents that `read` gives, one after another, at commit time `now`.

    Raises INVALID_ARGUMENT for what can never be written, and what `preconditions.check` raises.
    """
    draft = _Draft(database, read, now)
    results = [draft.write(write) for write in writes]
    return Outcome(changes=draft.changes(), results=results)


def name_of(write: Write) -> str:
    """The document that `write` is about, checked. Raises INVALID_ARGUMENT if there is none."""
    operation = write.WhichOneof("operation")
    if operation == "update":
        name = write.update.name
    elif operation == "delete":
        name = write.delete
    elif operation == "transform":
        name = write.transform.document
    else:
        name = _verified(write)
        if name is None:
            raise invalid("a write has no operation")
    return names.check_document(name)


class _Draft:
    """The documents as they will be after the writes so far."""

    def __init__(self, database: str, read: Callable[[str], Document | None], now: int) -> None:
        self._below = f"{database}/documents/"
        self._read = read
        self._now = now
        self._time = clock.timestamp(now)
        self._before: dict[str, Document | None] = {}
        self._after: dict[str, Document | None] = {}
        self._transformed: dict[str, int] = {}

    def write(self, write: Write) -> WriteResult:
        name = name_of(write)
        if not name.startswith(self._below):
            raise invalid(f'document "{name}" is not in the database of the request')
        if name not in self._before:
            self._before[name] = self._after[name] = self._read(name)
        current = self._after[name]
        if write.HasField("current_document"):
            preconditions.check(name, current, write.current_document, self._now)
        operation = write.WhichOneof("operation")
        if operation == "delete":
            self._after[name] = None
            return WriteResult()
        if operation is None:
            return WriteResult(update_time=None if current is None else current.update_time)
        return self._set(name, current, write)

    def changes(self) -> list[Change]:
        return [
            Change(name, before, self._after[name])
            for name, before in self._before.items()
            if self._after[name] is not before
        ]

    def _set(self, name: str, current: Document | None, write: Write) -> WriteResult:
        document = _updated(current, write)
        steps = self._steps(name, write)
        reports = transforms.apply(document, steps, self._now)
        document.name = name
        document.create_time.CopyFrom(self._time if current is None else current.create_time)
        if current is not None:
            document.update_time.CopyFrom(current.update_time)
        if current is None or _encoded(document) != _encoded(current):
            document.update_time.CopyFrom(self._time)
            content.check_size(document)
            self._after[name] = document
        return WriteResult(update_time=document.update_time, transform_results=reports)

    def _steps(self, name: str, write: Write) -> Sequence[FieldTransform]:
        steps: Sequence[FieldTransform] = write.update_transforms
        if write.HasField("transform"):
            steps = write.transform.field_transforms
            if not steps:
                raise invalid("the list of field transforms must not be empty")
        transforms.check(steps)
        self._transformed[name] = self._transformed.get(name, 0) + len(steps)
        if self._transformed[name] > transforms.MAX_TRANSFORMS:
            raise invalid(f"more than {transforms.MAX_TRANSFORMS} field transforms on one document")
        return steps


def _updated(current: Document | None, write: Write) -> Document:
    """The document after the plain part of a write. It is a copy: the request's memory is not kept alive by it."""
    document = Document()
    if write.HasField("transform"):
        if current is not None:
            document.CopyFrom(current)
        return document
    content.check_fields(write.update.fields)
    if not write.HasField("update_mask"):
        document.CopyFrom(write.update)
        return document
    if current is not None:
        document.CopyFrom(current)
    for path in map(fields.parse, write.update_mask.field_paths):
        value = fields.get(write.update.fields, path)
        if value is None:
            fields.remove(document.fields, path)
        else:
            fields.put(document.fields, path, value)
    return document


def _encoded(document: Document) -> bytes:
    # Bytes tell -0.0 from 0.0 and find NaN equal to itself, as "has it changed?" must.
    encoded: bytes = document.SerializeToString(deterministic=True)
    return encoded


def _verified(write: Write) -> str | None:
    for field in UnknownFieldSet(write):
        if field.field_number == _VERIFY_FIELD and field.wire_type == _LENGTH_DELIMITED:
            try:
                return str(field.data, "utf-8")
            except UnicodeDecodeError:
                raise invalid("the document name of a verify is not UTF-8") from None
    return None
