"""Resumable uploads under way: what each is meant to become, and what of it has come.

A session outlives a restart: its intent is in the database, its bytes are in the blob that has its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from localcloud.storage.blobs import Blobs, Writer, new_name
from localcloud.storage.database import Database
from localcloud.storage.errors import BUSY, NOT_FOUND, Refusal
from localcloud.storage.intents import Intent
from localcloud.storage.times import now

LIFETIME = 7 * 24 * 3600 * 1_000_000  # microseconds
OPEN_FILES = 32  # sessions whose file and checksums are kept at hand between two chunks

_intent = msgspec.json.Decoder(Intent)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A resumable upload; `answer` is the resource of the object it became."""

    id: str
    intent: Intent
    answer: dict[str, Any] | None


class Sessions:
    """All resumable uploads of the last seven days."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._writers: dict[str, Writer] = {}
        self._busy: set[str] = set()

    def start(self, intent: Intent) -> str:
        """Returns the id of the new session, which is all that one needs to write to it."""
        session = new_name()
        self._database.change(
            "INSERT INTO uploads (id, intent, created) VALUES (?, ?, ?)", session, msgspec.json.encode(intent), now()
        )
        return session

    def get(self, session: str) -> Session:
        """Raises Refusal 404."""
        row = self._database.row("SELECT intent, answer FROM uploads WHERE id = ?", session)
        if row is None:
            raise Refusal(NOT_FOUND, "There is no such upload.")
        answer = None if row[1] is None else msgspec.json.decode(row[1], type=dict[str, Any])
        return Session(id=session, intent=_intent.decode(row[0]), answer=answer)

    @asynccontextmanager
    async def writing(self, session: str) -> AsyncIterator[Writer]:
        """The session's blob, at its end. Raises Refusal 503 while another request writes to it."""
        if session in self._busy:
            raise Refusal(BUSY)
        self._busy.add(session)
        try:
            writer = self._writers.pop(session, None)
            if writer is None:
                writer = await asyncio.to_thread(self._blobs.reopen, session)
            self._writers[session] = writer  # last now, so the first is the longest idle
            self._close_longest_idle()
            yield writer
            writer.flush()
        except OSError:
            # The file may end elsewhere than the checksums say.
            self._forget(session)
            raise
        finally:
            self._busy.discard(session)

    def finish(self, session: str, answer: dict[str, Any]) -> None:
        """The object is there; to be called in the transaction that makes it so."""
        self._database.change("UPDATE uploads SET answer = ? WHERE id = ?", msgspec.json.encode(answer), session)
        self._forget(session)

    def drop(self, session: str) -> None:
        """Gives up an unfinished upload with everything that came; of a finished one, the blob is the object's."""
        self._forget(session)
        if self._database.change("DELETE FROM uploads WHERE id = ? AND answer IS NULL", session):
            self._blobs.remove([session])

    def cancel(self, session: str) -> None:
        """The same at the caller's wish. Raises Refusal 503 while a request writes to it."""
        if session in self._busy:
            raise Refusal(BUSY)
        self.drop(session)

    def expire(self) -> None:
        """Forgets sessions that are older than they may get."""
        self._database.change("DELETE FROM uploads WHERE created < ?", now() - LIFETIME)

    def open_ids(self) -> set[str]:
        """Sessions that have not become an object yet."""
        return {session for (session,) in self._database.rows("SELECT id FROM uploads WHERE answer IS NULL")}

    def close(self) -> None:
        """Every byte that came is in its file."""
        for session in list(self._writers):
            self._forget(session)

    def _forget(self, session: str) -> None:
        writer = self._writers.pop(session, None)
        if writer is not None:
            writer.close()

    def _close_longest_idle(self) -> None:
        idle = [session for session in self._writers if session not in self._busy]
        for session in idle[: max(0, len(self._writers) - OPEN_FILES)]:
            self._forget(session)
