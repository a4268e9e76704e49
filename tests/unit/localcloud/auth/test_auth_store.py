"""The store of accounts: what is written together, what is unique, in which order it comes."""

from __future__ import annotations

import pytest

from localcloud.auth.refusal import Refused
from localcloud.auth.store import Session, Store
from localcloud.auth.users import User


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "auth.sqlite3")
    yield store
    store.close()


def user(uid: str, email: str | None = None) -> User:
    return User(uid=uid, email=email, created_at=1, valid_since=0)


def session(uid: str, auth_time: int) -> Session:
    return Session(project="p", uid=uid, provider="password", auth_time=auth_time)


def test_what_is_written_together_is_undone_together(store):
    def write_two_of_one_address():
        with store.together():
            store.add("p", user("ada", "ada@example.com"))
            store.add("p", user("eve", "ada@example.com"))

    with pytest.raises(Refused, match="EMAIL_EXISTS"):
        write_two_of_one_address()
    assert store.user("p", "ada") is None
    store.add("p", user("ada", "ada@example.com"))
    assert store.user_by_email("p", "ada@example.com") == user("ada", "ada@example.com")


def test_a_changed_address_is_found_and_the_old_one_free(store):
    store.add("p", user("ada", "ada@example.com"))
    store.save("p", user("ada", "lovelace@example.com"))
    assert store.user_by_email("p", "ada@example.com") is None
    store.add("p", user("eve", "ada@example.com"))


def test_pages_begin_behind_the_last_one(store):
    for uid in "bdac":
        store.add("p", user(uid))
    assert [found.uid for found in store.users("p", after="a", limit=2)] == ["b", "c"]


def test_revoking_ends_sessions_up_to_a_moment_and_no_later_ones(store):
    store.open("early", session("ada", 10))
    store.open("late", session("ada", 11))
    store.open("other", session("eve", 10))
    store.revoke("p", "ada", until=10)
    revoked = {token: store.session(token)[1] for token in ("early", "late", "other")}
    assert revoked == {"early": True, "late": False, "other": False}
