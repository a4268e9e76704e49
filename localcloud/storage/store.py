"""All that Cloud Storage keeps, opened together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from localcloud.storage.blobs import Blobs, Writer
from localcloud.storage.bucket_table import BucketTable
from localcloud.storage.database import Database
from localcloud.storage.intents import Intent
from localcloud.storage.object_table import Compare, ObjectTable, by_generation
from localcloud.storage.objects import Content, StoredObject
from localcloud.storage.outbox import Outbox
from localcloud.storage.sessions import Sessions
from localcloud.storage.times import now


class Store:
    """The database, the blobs, and the tables over them. `base` is the URL under which resources are told.

    `clock` tells the microseconds since 1970 of what happens to objects.
    """

    def __init__(self, folder: Path, base: str, clock: Callable[[], int] = now) -> None:
        self.base = base
        self.database = Database(folder / "storage.sqlite3", clock)
        self.blobs = Blobs(folder / "blobs")
        self.buckets = BucketTable(self.database)
        self.outbox = Outbox(self.database, base)
        self.objects = ObjectTable(self.database, self.buckets, self.outbox, self.blobs)
        self.sessions = Sessions(self.database, self.blobs)

    def sweep(self) -> None:
        """Removes what an earlier run left unfinished; to be called before anything is written."""
        self.sessions.expire()
        self.blobs.sweep(self.objects.blobs() | self.sessions.open_ids())

    def keep(
        self, writer: Writer, intent: Intent, compare: Compare = by_generation, *, components: int | None = None
    ) -> StoredObject:
        """Makes what was written the object that was meant. Raises Refusal 400, 404, 412 if it cannot be."""
        writer.digest.check(intent.claims)
        writer.close()
        checksums = writer.digest.checksums()
        content = Content(blob=writer.name, size=writer.size, checksums=checksums, component_count=components)
        return self.objects.put(intent.bucket, intent.name, content, intent.attributes, intent.preconditions, compare)

    def close(self) -> None:
        """Everything is on disk."""
        self.sessions.close()
        self.database.close()
