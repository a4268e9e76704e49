"""Resumable uploads between two requests."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from localcloud.storage import sessions as module
from localcloud.storage.attributes import Attributes
from localcloud.storage.checksums import Claim
from localcloud.storage.errors import Refusal
from localcloud.storage.intents import Intent
from localcloud.storage.preconditions import Preconditions
from localcloud.storage.store import Store

INTENT = Intent(
    bucket="photos",
    name="ü",
    attributes=Attributes(metadata={"a": "b"}),
    preconditions=Preconditions(generation_match=0, etag_match=("x",)),
    claims=(Claim("md5", bytes(range(16))),),
    total=7,
)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, "http://127.0.0.1")
    yield made
    made.close()


async def write(store: Store, session: str, data: bytes) -> int:
    async with store.sessions.writing(session) as writer:
        writer.write(data)
        return writer.size


def test_an_intent_outlives_a_restart_to_the_letter(store, tmp_path):
    session = store.sessions.start(INTENT)
    asyncio.run(write(store, session, b"abc"))
    store.sessions.close()
    with contextlib.closing(Store(tmp_path, "http://127.0.0.1")) as reopened:
        reopened.sweep()
        assert reopened.sessions.get(session).intent == INTENT
        assert asyncio.run(write(reopened, session, b"d")) == 4


def test_two_requests_cannot_write_to_one_upload_at_once(store):
    session = store.sessions.start(INTENT)

    async def both() -> None:
        async with store.sessions.writing(session):
            with pytest.raises(Refusal, match="ServiceUnavailable"):
                await write(store, session, b"x")
            with pytest.raises(Refusal, match="ServiceUnavailable"):
                store.sessions.cancel(session)
        assert await write(store, session, b"x") == 1

    asyncio.run(both())


def test_a_thousand_open_uploads_do_not_hold_a_thousand_files(store):
    ids = [store.sessions.start(INTENT) for _ in range(3 * module.OPEN_FILES)]

    async def write_to_all() -> None:
        for session in ids:
            await write(store, session, b"x")
        assert len(store.sessions._writers) == module.OPEN_FILES
        assert [await write(store, session, b"y") for session in ids] == [2] * len(ids)

    asyncio.run(write_to_all())


def test_after_a_full_disk_the_file_says_how_far_it_came(store):
    session = store.sessions.start(INTENT)

    async def fail() -> None:
        async with store.sessions.writing(session) as writer:
            writer.write(b"abc")
            writer.flush()
            os.truncate(writer._path, 1)  # as a disk does that takes only part of a write
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        asyncio.run(fail())
    assert asyncio.run(write(store, session, b"")) == 1


def test_sessions_expire_after_a_week(store, monkeypatch):
    session = store.sessions.start(INTENT)
    store.sweep()
    store.sessions.get(session)
    later = module.now() + module.LIFETIME + 1
    monkeypatch.setattr(module, "now", lambda: later)
    store.sweep()
    with pytest.raises(Refusal, match="NotFound"):
        store.sessions.get(session)
