"""What survives the process: topics, subscriptions and unacknowledged messages, in one SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from grpc import StatusCode

from localcloud.rpc import RpcError

_SCHEMA_VERSION = 1
_SCHEMA = """
    CREATE TABLE topics (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE subscriptions (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
    CREATE TABLE backlog (
        row INTEGER PRIMARY KEY,
        subscription INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        body BLOB NOT NULL
    );
"""


class Store:
    """The file at `path`. Every change happens inside `with store.transaction():`.

    Committed changes survive the death of the process. Raises RuntimeError if the file is not such a store.
    """

    def __init__(self, path: Path | str) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            try:
                self._prepare()
            except sqlite3.Error:
                self._database.close()
                raise
        except sqlite3.Error as error:
            raise RuntimeError(f"{path} cannot be used as the store of Pub/Sub: {error}") from error

    def _prepare(self) -> None:
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;")
        elif version != _SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it has version {version}, this program knows version {_SCHEMA_VERSION}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises RpcError UNAVAILABLE, with nothing changed, if the file cannot be written."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise RpcError(StatusCode.UNAVAILABLE, f"Pub/Sub cannot write to its store: {error}.") from error

    def close(self) -> None:
        """Write everything into the one file and let go of it."""
        self._database.close()

    def topics(self) -> list[bytes]:
        """The serialised topics."""
        return [body for (body,) in self._database.execute("SELECT body FROM topics")]

    def put_topic(self, name: str, body: bytes) -> None:
        """Add or replace a topic."""
        self._database.execute("INSERT OR REPLACE INTO topics VALUES (?, ?)", (name, body))

    def delete_topic(self, name: str) -> None:
        """Remove a topic."""
        self._database.execute("DELETE FROM topics WHERE name = ?", (name,))

    def subscriptions(self) -> list[tuple[int, bytes]]:
        """Number and serialised form of the subscriptions."""
        return list(self._database.execute("SELECT id, body FROM subscriptions ORDER BY id"))

    def add_subscription(self, name: str, body: bytes) -> int:
        """Add a subscription; returns its number, which no other ever had."""
        cursor = self._database.execute("INSERT INTO subscriptions (name, body) VALUES (?, ?)", (name, body))
        return int(cursor.lastrowid or 0)

    def update_subscription(self, number: int, body: bytes) -> None:
        """Replace the settings of a subscription."""
        self._database.execute("UPDATE subscriptions SET body = ? WHERE id = ?", (body, number))

    def delete_subscription(self, number: int) -> None:
        """Remove a subscription and its backlog."""
        self._database.execute("DELETE FROM subscriptions WHERE id = ?", (number,))
        self.clear_backlog(number)

    def backlog(self) -> Iterator[tuple[int, int, int, bytes]]:
        """(row, subscription, failures, body) of all that is unacknowledged, in order of publication."""
        yield from self._database.execute("SELECT row, subscription, failures, body FROM backlog ORDER BY row")

    def add_messages(self, rows: Iterable[tuple[int, int, int, bytes]]) -> None:
        """Add (row, subscription, failures, body) to the backlogs."""
        self._database.executemany("INSERT INTO backlog VALUES (?, ?, ?, ?)", rows)

    def remove_messages(self, rows: Iterable[int]) -> None:
        """Remove rows from the backlogs."""
        self._database.executemany("DELETE FROM backlog WHERE row = ?", ((row,) for row in rows))

    def record_failures(self, failures: Iterable[tuple[int, int]]) -> None:
        """Note (failures, row)."""
        self._database.executemany("UPDATE backlog SET failures = ? WHERE row = ?", failures)

    def clear_backlog(self, number: int) -> None:
        """Remove all messages of a subscription."""
        self._database.execute("DELETE FROM backlog WHERE subscription = ?", (number,))
