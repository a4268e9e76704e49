"""A commit is all or nothing, in memory and on disk, and the recent past can be read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.firestore import history
from localcloud.firestore.documents import Documents
from localcloud.firestore.scope import Scope
from localcloud.firestore.store import Store
from localcloud.firestore.writes import Change
from localcloud.rpc import RpcError
from tests.unit.localcloud.firestore.making import DATABASE, ROOT, deleting, document, setting

EVERYTHING = Scope(parent=ROOT, collection_id="", descendants=True)
PATHS = ["a/1", "a/2", "b/1", "a/1/c/1", "a/1/c/2", "b/9/c/1"]


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "firestore.sqlite3")
    yield opened
    opened.close()


def contents(reader):
    return {found.name.removeprefix(f"{ROOT}/"): found.fields["n"].integer_value for found in reader.within(EVERYTHING)}


commits = st.lists(
    st.lists(st.tuples(st.sampled_from(PATHS), st.none() | st.integers(0, 3)), min_size=1, max_size=4), max_size=12
)


def as_writes(steps):
    return [deleting(path) if number is None else setting(path, {"n": number}) for path, number in steps]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(commits=commits)
def test_every_moment_of_the_past_can_be_read_as_it_was(tmp_path_factory, commits):
    store = Store(tmp_path_factory.mktemp("past") / "firestore.sqlite3")
    expected: dict[str, int] = {}
    moments = []
    for steps in commits:
        time, _ = store.commit(DATABASE, as_writes(steps))
        expected = {**expected, **dict(steps)}
        expected = {path: number for path, number in expected.items() if number is not None}
        moments.append((time, expected))
    for time, then in moments:
        past = store.at(time)
        assert contents(past) == then
        assert {path for path in PATHS if past.get(f"{ROOT}/{path}")} == set(then)
        assert set(past.collections(ROOT)) == {f"{ROOT}/{path.rpartition('/')[0]}" for path in then}
    store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(commits=commits)
def test_what_was_committed_is_there_when_the_file_is_opened_again(tmp_path_factory, commits):
    path = tmp_path_factory.mktemp("again") / "firestore.sqlite3"
    store = Store(path)
    for steps in commits:
        store.commit(DATABASE, as_writes(steps))
    before, last = store.now.within(EVERYTHING), store.last_commit
    store.close()
    again = Store(path)
    assert sorted(again.now.within(EVERYTHING), key=lambda found: found.name) == sorted(
        before, key=lambda found: found.name
    )
    assert again.last_commit == last
    assert again.clock.tick() > last
    again.close()


def test_a_commit_for_which_the_disk_is_too_full_changes_nothing_and_tells_nobody(store, tmp_path):
    told = []
    store.commit(DATABASE, [setting("a/1", {"n": 1})])
    store.observe(told.append)
    store._disk._connection.execute("PRAGMA max_page_count = 10")
    with pytest.raises(RpcError, match="full") as refusal:
        store.commit(DATABASE, [setting("a/1", {"n": 2}), setting("a/2", {"s": "x" * 500_000})])
    assert refusal.value.code.name == "UNAVAILABLE"
    assert contents(store.now) == {"a/1": 1}
    assert told == []
    store.commit(DATABASE, [setting("a/3", {"n": 3})])
    store.close()
    again = Store(tmp_path / "firestore.sqlite3")
    assert contents(again.now) == {"a/1": 1, "a/3": 3}
    again.close()


def test_a_second_process_cannot_open_the_same_file(store, tmp_path):
    store.commit(DATABASE, [setting("a/1", {"n": 1})])
    with pytest.raises(RuntimeError, match="locked"):
        Store(tmp_path / "firestore.sqlite3")


def test_a_file_that_is_no_database_is_reported_as_such(tmp_path):
    (tmp_path / "firestore.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(RuntimeError, match="not a database"):
        Store(tmp_path / "firestore.sqlite3")


def test_an_update_that_changes_nothing_is_no_change(store):
    told = []
    store.commit(DATABASE, [setting("a/1", {"n": 1})])
    store.observe(told.append)
    store.commit(DATABASE, [setting("a/1", {"n": 1})])
    store.commit(DATABASE, [deleting("a/none")])
    assert told == []


def test_the_past_is_forgotten_oldest_first_when_it_grows_too_large():
    remembered = history.History(start=10, budget=5000)
    old = document("a/1", {"s": "x" * 2000})
    for time in (20, 30, 40):
        remembered.add(time, [Change(old.name, old, None)])
    assert not remembered.reaches(10)
    assert remembered.reaches(30)
    with pytest.raises(RpcError, match="too long ago"):
        list(remembered.since(10))
    assert history.at(Documents(), remembered, 30).get(old.name) is old


def test_a_collection_that_is_emptied_is_no_collection_any_more(store):
    store.commit(DATABASE, [setting("a/1", {}), setting("a/1/c/1", {})])
    store.commit(DATABASE, [deleting("a/1/c/1")])
    assert list(store.now.collections(ROOT)) == [f"{ROOT}/a"]
    assert store.now.within(Scope(parent=ROOT, collection_id="c", descendants=True)) == []
