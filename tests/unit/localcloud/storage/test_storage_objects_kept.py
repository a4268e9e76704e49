"""What the tables promise: generations that only grow, transactions, blobs that go when nobody needs them."""

from __future__ import annotations

import pytest

from localcloud.storage.attributes import Attributes
from localcloud.storage.blobs import Blobs
from localcloud.storage.buckets import SettingsPatch
from localcloud.storage.errors import Refusal
from localcloud.storage.intents import Intent
from localcloud.storage.preconditions import NONE, Preconditions
from localcloud.storage.store import Store


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, "http://127.0.0.1")
    made.buckets.add("photos", SettingsPatch())
    yield made
    made.close()


def put(store: Store, name: str, data: bytes = b"x", preconditions: Preconditions = NONE):
    with store.blobs.writing() as writer:
        writer.write(data)
        intent = Intent(bucket="photos", name=name, attributes=Attributes(), preconditions=preconditions)
        return store.keep(writer, intent)


def files(store: Store) -> int:
    return sum(1 for path in store.blobs._folder.rglob("*") if path.is_file())


def test_generations_grow_even_when_the_clock_goes_back(store):
    first = put(store, "a").generation
    reopened = Store(store.blobs._folder.parent, "http://127.0.0.1", lambda: 5)
    second = put(reopened, "a").generation
    assert second == first + 1
    reopened.objects.delete("photos", "a", NONE)
    assert put(reopened, "a").generation > second
    reopened.close()


def test_a_put_that_is_refused_leaves_neither_row_nor_file(store):
    put(store, "a", b"first")
    with pytest.raises(Refusal):
        put(store, "a", b"second", Preconditions(generation_match=0))
    assert files(store) == 1


def test_copies_share_a_blob_until_the_last_of_them_goes(store):
    first = put(store, "a")
    store.objects.put("photos", "b", first.content, first.attributes, NONE)
    assert files(store) == 1
    put(store, "a", b"other")
    assert files(store) == 2
    store.objects.delete("photos", "b", NONE)
    assert files(store) == 1


def test_a_transaction_that_fails_keeps_the_blob_it_would_have_dropped(store):
    old = put(store, "a")

    def replace_and_fail() -> None:
        with store.database.transaction():
            put(store, "a", b"new")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        replace_and_fail()
    assert store.objects.get("photos", "a", NONE) == old
    store.blobs.open(old.content.blob).close()


def test_an_etag_changes_with_every_change(store):
    etags = {put(store, "a").etag, put(store, "a").etag}
    etags.add(store.objects.update("photos", "a", lambda old: old, NONE).etag)
    assert len(etags) == 3


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "0" * 31, "0" * 31 + "/", "0" * 33, "g" * 32, "A" * 32])
def test_no_path_is_made_of_what_is_not_the_name_of_a_blob(tmp_path, name):
    with pytest.raises(ValueError, match="does not name a blob"):
        Blobs(tmp_path).open(name)
