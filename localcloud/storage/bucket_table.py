"""Buckets in the database."""

from __future__ import annotations

from typing import Any

import msgspec

from localcloud.storage.buckets import Bucket, Settings, SettingsPatch
from localcloud.storage.database import Database
from localcloud.storage.errors import BUCKET_EXISTS, BUCKET_NOT_EMPTY, INVALID, NO_SUCH_BUCKET, Refusal
from localcloud.storage.names import checked_bucket_name
from localcloud.storage.preconditions import NONE, Preconditions, Version
from localcloud.storage.times import now

_settings = msgspec.json.Decoder(Settings)


class BucketTable:
    """What buckets there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, patch: SettingsPatch) -> Bucket:
        """A new bucket. Raises Refusal 400 for an impossible name, 409 if it is there."""
        settings = patch.applied(Settings())
        time = now()
        bucket = Bucket(name=checked_bucket_name(name), metageneration=1, settings=settings, created=time, updated=time)
        added = self._database.change(
            "INSERT INTO buckets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            bucket.name,
            bucket.metageneration,
            msgspec.json.encode(settings),
            time,
            time,
        )
        if not added:
            raise Refusal(BUCKET_EXISTS)
        return bucket

    def find(self, name: str) -> Bucket | None:
        """The bucket called so, if there is one."""
        row = self._database.row("SELECT * FROM buckets WHERE name = ?", name)
        return _bucket(*row) if row else None

    def get(self, name: str, preconditions: Preconditions = NONE, *, reading: bool = True) -> Bucket:
        """The bucket called so. Raises Refusal 404, or 304 or 412 by the preconditions."""
        bucket = self.find(name)
        if bucket is None:
            raise Refusal(NO_SUCH_BUCKET)
        preconditions.check(Version(metageneration=bucket.metageneration, etag=bucket.etag), reading=reading)
        return bucket

    def page(self, prefix: str, after: str, most: int) -> list[Bucket]:
        """Up to `most` buckets whose names begin with `prefix` and come after `after`, in order."""
        rows = self._database.rows(
            "SELECT * FROM buckets WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?",
            after,
            len(prefix),
            prefix,
            most,
        )
        return [_bucket(*row) for row in rows]

    def update(self, name: str, patch: SettingsPatch, preconditions: Preconditions, *, whole: bool) -> Bucket:
        """Changes settings; `whole` starts from the defaults instead of what is there."""
        old = self.get(name, preconditions, reading=False)
        base = Settings(location=old.settings.location) if whole else old.settings
        settings = patch.applied(base)
        if settings.location != old.settings.location:
            raise Refusal(INVALID, "The location of a bucket cannot be changed.")
        new = msgspec.structs.replace(old, settings=settings, metageneration=old.metageneration + 1, updated=now())
        self._database.change(
            "UPDATE buckets SET settings = ?, metageneration = ?, updated = ? WHERE name = ?",
            msgspec.json.encode(settings),
            new.metageneration,
            new.updated,
            name,
        )
        return new

    def remove(self, name: str, preconditions: Preconditions) -> None:
        """Raises Refusal 404, 409 while anything lies in it, 412."""
        self.get(name, preconditions, reading=False)
        if self._database.row("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name):
            raise Refusal(BUCKET_NOT_EMPTY)
        self._database.change("DELETE FROM buckets WHERE name = ?", name)


def _bucket(name: str, metageneration: int, settings: Any, created: int, updated: int) -> Bucket:
    return Bucket(
        name=name,
        metageneration=metageneration,
        settings=_settings.decode(settings),
        created=created,
        updated=updated,
    )
