"""Objects in the database, and what each change of one means for its generations and for those who want to know."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from localcloud.storage.attributes import Attributes
from localcloud.storage.blobs import Blobs
from localcloud.storage.bucket_table import BucketTable
from localcloud.storage.checksums import Checksums
from localcloud.storage.database import Database
from localcloud.storage.errors import NO_SUCH_KEY, Refusal
from localcloud.storage.names import checked_object_name
from localcloud.storage.notifications import Event, EventType
from localcloud.storage.objects import Content, StoredObject
from localcloud.storage.outbox import Outbox
from localcloud.storage.preconditions import ABSENT, Preconditions, Version

_attributes = msgspec.json.Decoder(Attributes)

Compare = Callable[[StoredObject], Version]


def by_generation(found: StoredObject) -> Version:
    """Preconditions as the JSON API has them."""
    return found.version


def by_content(found: StoredObject) -> Version:
    """Preconditions as the XML API has them."""
    return found.content_version


class ObjectTable:
    """What objects there are. Every change is one transaction with its notifications."""

    def __init__(self, database: Database, buckets: BucketTable, outbox: Outbox, blobs: Blobs) -> None:
        self._database = database
        self._buckets = buckets
        self._outbox = outbox
        self._blobs = blobs

    def find(self, bucket: str, name: str, generation: int | None = None) -> StoredObject | None:
        """A generation, the live one if none is named, if it is there."""
        if generation is None:
            row = self._database.row(
                "SELECT * FROM objects WHERE bucket = ? AND name = ? AND deleted IS NULL", bucket, name
            )
        else:
            row = self._database.row(
                "SELECT * FROM objects WHERE bucket = ? AND name = ? AND generation = ?", bucket, name, generation
            )
        return object_from(row) if row else None

    def get(
        self,
        bucket: str,
        name: str,
        preconditions: Preconditions,
        *,
        generation: int | None = None,
        reading: bool = True,
        compare: Compare = by_generation,
    ) -> StoredObject:
        """A generation, the live one if none is named. Raises Refusal 404, or 304 or 412 by the preconditions."""
        self._buckets.get(bucket)
        found = self.find(bucket, name, generation)
        if found is None:
            raise Refusal(NO_SUCH_KEY, f"No such object: {bucket}/{name}")
        preconditions.check(compare(found), reading=reading)
        return found

    def check_writable(
        self, bucket: str, name: str, preconditions: Preconditions, compare: Compare = by_generation
    ) -> None:
        """Raises what `put` would raise now, so that no body is read in vain."""
        self._buckets.get(bucket)
        checked_object_name(name)
        live = self.find(bucket, name)
        preconditions.check(compare(live) if live else ABSENT)

    def put(
        self,
        bucket: str,
        name: str,
        content: Content,
        attributes: Attributes,
        preconditions: Preconditions,
        compare: Compare = by_generation,
    ) -> StoredObject:
        """A new live generation, in place of the one that was live. Raises Refusal 400, 404, 412."""
        with self._database.transaction():
            self.check_writable(bucket, name, preconditions, compare)
            live = self.find(bucket, name)
            time = self._database.tick()
            new = StoredObject(
                bucket=bucket,
                name=name,
                generation=time,
                metageneration=1,
                content=content,
                attributes=attributes,
                created=time,
                updated=time,
            )
            overwrote = {"overwroteGeneration": str(live.generation)} if live else {}
            if live:
                self._supersede(live, time, overwritten_by={"overwrittenByGeneration": str(time)})
            self._insert(new)
            self._tell("OBJECT_FINALIZE", new, time, overwrote)
        return new

    def update(
        self,
        bucket: str,
        name: str,
        change: Callable[[Attributes], Attributes],
        preconditions: Preconditions,
        *,
        generation: int | None = None,
    ) -> StoredObject:
        """Other attributes for the same bytes: one more metageneration. Raises Refusal 400, 404, 412."""
        with self._database.transaction():
            old = self.get(bucket, name, preconditions, generation=generation, reading=False)
            time = self._database.tick()
            new = msgspec.structs.replace(
                old, attributes=change(old.attributes), metageneration=old.metageneration + 1, updated=time
            )
            self._database.change(
                "UPDATE objects SET attributes = ?, metageneration = ?, updated = ?"
                " WHERE bucket = ? AND name = ? AND generation = ?",
                msgspec.json.encode(new.attributes),
                new.metageneration,
                new.updated,
                bucket,
                name,
                new.generation,
            )
            self._tell("OBJECT_METADATA_UPDATE", new, time)
        return new

    def delete(
        self,
        bucket: str,
        name: str,
        preconditions: Preconditions,
        *,
        generation: int | None = None,
        compare: Compare = by_generation,
    ) -> None:
        """Deletes a generation for good if it is named or nothing is versioned, else archives the live one.

        Raises:
            Refusal: 404, 412.
        """
        with self._database.transaction():
            found = self.get(bucket, name, preconditions, generation=generation, reading=False, compare=compare)
            time = self._database.tick()
            if generation is None:
                self._supersede(found, time)
            else:
                self._delete(found, time)

    def blobs(self) -> set[str]:
        """The name of every blob that an object needs."""
        return {name for (name,) in self._database.rows("SELECT DISTINCT blob FROM objects")}

    def _supersede(self, live: StoredObject, time: int, overwritten_by: dict[str, str] | None = None) -> None:
        if not self._buckets.get(live.bucket).settings.versioning.enabled:
            self._delete(live, time, overwritten_by)
            return
        self._database.change(
            "UPDATE objects SET deleted = ? WHERE bucket = ? AND name = ? AND generation = ?",
            time,
            live.bucket,
            live.name,
            live.generation,
        )
        self._tell("OBJECT_ARCHIVE", msgspec.structs.replace(live, deleted=time), time, overwritten_by)

    def _delete(self, found: StoredObject, time: int, others: dict[str, str] | None = None) -> None:
        self._database.change(
            "DELETE FROM objects WHERE bucket = ? AND name = ? AND generation = ?",
            found.bucket,
            found.name,
            found.generation,
        )
        self._tell("OBJECT_DELETE", msgspec.structs.replace(found, deleted=found.deleted or time), time, others)
        self._database.after_commit(partial(self._drop_blob, found.content.blob))

    def _insert(self, new: StoredObject) -> None:
        content = new.content
        self._database.change(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            new.bucket,
            new.name,
            new.generation,
            new.metageneration,
            content.blob,
            content.size,
            content.checksums.crc32c,
            content.checksums.md5,
            content.component_count,
            msgspec.json.encode(new.attributes),
            new.created,
            new.updated,
            new.deleted,
        )

    def _tell(self, kind: EventType, about: StoredObject, time: int, others: dict[str, str] | None = None) -> None:
        self._outbox.record(Event(type=kind, about=about, time=time, others=others or {}))

    def _drop_blob(self, blob: str) -> None:
        # Copies share their blob.
        if not self._database.row("SELECT 1 FROM objects WHERE blob = ? LIMIT 1", blob):
            self._blobs.remove([blob])


def object_from(row: tuple[Any, ...]) -> StoredObject:
    """The object that a whole row of the table holds."""
    bucket, name, generation, metageneration, blob, size, crc32c, md5, components, attributes, *times = row
    return StoredObject(
        bucket=bucket,
        name=name,
        generation=generation,
        metageneration=metageneration,
        content=Content(blob=blob, size=size, checksums=Checksums(crc32c=crc32c, md5=md5), component_count=components),
        attributes=_attributes.decode(attributes),
        created=times[0],
        updated=times[1],
        deleted=times[2],
    )
