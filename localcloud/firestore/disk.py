"""Documents on disk: one SQLite file, written in one transaction per commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from localcloud.firestore.refusals import unavailable
from localcloud.firestore.wire import Document
from localcloud.firestore.writes import Change

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, document BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 0), last_commit INTEGER NOT NULL);
INSERT OR IGNORE INTO clock VALUES (0, 0);
"""


class Disk:
    """The file. What was committed is there after SIGKILL; after a power cut the last few commits may be missing."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises RuntimeError if it is no such file or another process has it open."""
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=1)
        try:
            # One process only: what is kept in memory would not see what another one writes.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._connection.close()
            raise RuntimeError(f"cannot use {path}: {error}") from error

    def load(self) -> Iterator[Document]:
        """Every document."""
        for (encoded,) in self._connection.execute("SELECT document FROM documents"):
            yield Document.FromString(encoded)

    def last_commit(self) -> int:
        """The time of the latest commit in microseconds, 0 if there was none."""
        (time,) = self._connection.execute("SELECT last_commit FROM clock").fetchone()
        return int(time)

    def write(self, time: int, changes: Iterable[Change]) -> None:
        """Keep a commit. Raises UNAVAILABLE, with nothing kept, if the file cannot be written."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for name, _, document in changes:
                if document is None:
                    self._connection.execute("DELETE FROM documents WHERE name = ?", (name,))
                else:
                    self._connection.execute(
                        "INSERT INTO documents VALUES (?, ?)"
                        " ON CONFLICT (name) DO UPDATE SET document = excluded.document",
                        (name, document.SerializeToString()),
                    )
            self._connection.execute("UPDATE clock SET last_commit = ?", (time,))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise unavailable(f"cannot write {self._path}: {error}") from error

    def close(self) -> None:
        """Write everything into the main file and let go of it."""
        self._connection.close()
