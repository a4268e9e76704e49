"""Accounts and sessions in SQLite; every method is one transaction and takes well under a millisecond."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from localcloud.auth.refusal import Refused
from localcloud.auth.users import User

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS users (
    project TEXT NOT NULL, uid TEXT NOT NULL, email TEXT, record BLOB NOT NULL, PRIMARY KEY (project, uid)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS users_by_email ON users (project, email) WHERE email IS NOT NULL;
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY, project TEXT NOT NULL, uid TEXT NOT NULL, auth_time INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (project, uid);
CREATE TABLE IF NOT EXISTS projects (project TEXT PRIMARY KEY, email_privacy INTEGER NOT NULL) WITHOUT ROWID;
"""


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sign-in, kept alive by its refresh token. `auth_time` is in seconds since 1970."""

    project: str
    uid: str
    provider: str
    auth_time: int
    claims: dict[str, Any] = {}  # of the custom token that it began with


class Store:
    """All projects' accounts and sessions, in one file."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Everything is on disk after this."""
        self._db.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside happens, or nothing of it. There must be no `await` inside."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def user(self, project: str, uid: str) -> User | None:
        """The account with this id."""
        return self._one("SELECT record FROM users WHERE project = ? AND uid = ?", project, uid)

    def user_by_email(self, project: str, email: str) -> User | None:
        """The account with this address."""
        return self._one("SELECT record FROM users WHERE project = ? AND email = ?", project, email)

    def users(self, project: str, *, after: str, limit: int) -> list[User]:
        """Accounts in the order of their ids, beginning behind `after`."""
        rows = self._db.execute(
            "SELECT record FROM users WHERE project = ? AND uid > ? ORDER BY uid LIMIT ?", (project, after, limit)
        )
        return [_user(record) for (record,) in rows]

    def add(self, project: str, user: User) -> None:
        """Write a new account. Raises Refused (DUPLICATE_LOCAL_ID, EMAIL_EXISTS)."""
        if self.user(project, user.uid) is not None:
            raise Refused("DUPLICATE_LOCAL_ID")
        self._write("INSERT INTO users (email, record, project, uid) VALUES (?, ?, ?, ?)", project, user)

    def save(self, project: str, user: User) -> None:
        """Write an account over itself. Raises Refused (EMAIL_EXISTS)."""
        self._write("UPDATE users SET email = ?, record = ? WHERE project = ? AND uid = ?", project, user)

    def remove(self, project: str, uid: str) -> None:
        """Forget the account; its sessions end."""
        with self.together():
            self._db.execute("DELETE FROM users WHERE project = ? AND uid = ?", (project, uid))
            self._db.execute("UPDATE sessions SET revoked = 1 WHERE project = ? AND uid = ?", (project, uid))

    def clear(self, project: str) -> None:
        """Forget all accounts and sessions of the project."""
        with self.together():
            self._db.execute("DELETE FROM users WHERE project = ?", (project,))
            self._db.execute("DELETE FROM sessions WHERE project = ?", (project,))

    def open(self, refresh_token: str, session: Session) -> None:
        """Keep the session under its refresh token, of which only a digest is kept."""
        self._db.execute(
            "INSERT INTO sessions (digest, project, uid, auth_time, record) VALUES (?, ?, ?, ?, ?)",
            (
                _digest(refresh_token),
                session.project,
                session.uid,
                session.auth_time,
                msgspec.msgpack.encode(session),
            ),
        )

    def session(self, refresh_token: str) -> tuple[Session, bool] | None:
        """The session of this refresh token, and whether it has been revoked."""
        row = self._db.execute(
            "SELECT record, revoked FROM sessions WHERE digest = ?", (_digest(refresh_token),)
        ).fetchone()
        return None if row is None else (msgspec.msgpack.decode(row[0], type=Session), bool(row[1]))

    def revoke(self, project: str, uid: str, *, until: int) -> None:
        """End the sessions that somebody opened at or before `until` (seconds since 1970)."""
        self._db.execute(
            "UPDATE sessions SET revoked = 1 WHERE project = ? AND uid = ? AND auth_time <= ?", (project, uid, until)
        )

    def email_privacy(self, project: str) -> bool:
        """Whether answers hide which addresses have an account; so it is in every new Firebase project."""
        row = self._db.execute("SELECT email_privacy FROM projects WHERE project = ?", (project,)).fetchone()
        return row is None or bool(row[0])

    def set_email_privacy(self, project: str, on: bool) -> None:
        """See `email_privacy`."""
        self._db.execute("INSERT OR REPLACE INTO projects (project, email_privacy) VALUES (?, ?)", (project, on))

    def _one(self, query: str, *arguments: str) -> User | None:
        row = self._db.execute(query, arguments).fetchone()
        return None if row is None else _user(row[0])

    def _write(self, statement: str, project: str, user: User) -> None:
        try:
            self._db.execute(statement, (user.email, msgspec.msgpack.encode(user), project, user.uid))
        except sqlite3.IntegrityError:
            raise Refused("EMAIL_EXISTS") from None


def _user(record: bytes) -> User:
    return msgspec.msgpack.decode(record, type=User)


def _digest(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()
