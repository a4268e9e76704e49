"""The SQLite file that holds everything but the bytes of objects."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.storage.times import now

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, metageneration INTEGER NOT NULL, settings BLOB NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    blob TEXT NOT NULL, size INTEGER NOT NULL, crc32c TEXT NOT NULL, md5 TEXT, components INTEGER,
    attributes BLOB NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER,
    PRIMARY KEY (bucket, name, generation)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS live ON objects (bucket, name) WHERE deleted IS NULL;
CREATE INDEX IF NOT EXISTS blobs ON objects (blob);
CREATE TABLE IF NOT EXISTS notifications (
    bucket TEXT NOT NULL, id INTEGER NOT NULL, config BLOB NOT NULL, PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL, attributes BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS due ON pending (due, id);
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, intent BLOB NOT NULL, created INTEGER NOT NULL, answer BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock (last INTEGER NOT NULL);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);
"""


class Database:
    """One connection, used from the event loop alone: what happens between two `await`s is one step for everybody.

    A commit survives the death of the process; only the death of the machine can take the last ones along.
    `clock` tells the microseconds since 1970 that become generations and times of objects.
    """

    def __init__(self, path: Path, clock: Callable[[], int] = now) -> None:
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._afterwards: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing; a transaction inside another is part of it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._afterwards.clear()
            raise
        self._connection.execute("COMMIT")
        afterwards, self._afterwards = self._afterwards, []
        for step in afterwards:
            step()

    def after_commit(self, step: Callable[[], None]) -> None:
        """What to do once the transaction now open has been committed, and not at all if it is not."""
        self._afterwards.append(step)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of an answer."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of an answer, if there is one."""
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def change(self, statement: str, *values: object) -> int:
        """Runs a change and returns how many rows it touched."""
        return self._connection.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Sequence[tuple[object, ...]]) -> None:
        """Runs a change once for each of `values`."""
        self._connection.executemany(statement, values)

    def tick(self) -> int:
        """Microseconds since 1970, but always more than ever before, also after a restart or a step of the clock."""
        rows = self.rows("UPDATE clock SET last = max(last + 1, ?) RETURNING last", self._clock())
        return int(rows[0][0])

    def close(self) -> None:
        """Everything is on disk."""
        self._connection.close()
