"""Listeners are told what there is, and then everything that changes it."""

from __future__ import annotations

import contextlib
import queue

import pytest
from google.cloud.firestore_v1.base_query import FieldFilter

PATIENCE_SECONDS = 10


@contextlib.contextmanager
def listening(target):
    """Snapshots as they arrive: ids in order, and what changed since the one before."""
    snapshots = queue.Queue()

    def arrived(documents, changes, _):
        snapshots.put(
            (
                [(document.id, document.to_dict()) for document in documents],
                [(change.type.name, change.document.id) for change in changes],
            )
        )

    watch = target.on_snapshot(arrived)
    yield lambda: snapshots.get(timeout=PATIENCE_SECONDS)
    watch.unsubscribe()
    with pytest.raises(queue.Empty):
        snapshots.get_nowait()


def test_a_document_is_watched_from_before_it_exists_until_it_is_gone(collection):
    document = collection.document("one")
    with listening(document) as snapshot:
        assert snapshot() == ([], [])
        document.set({"n": 1})
        assert snapshot() == ([("one", {"n": 1})], [("ADDED", "one")])
        document.update({"n": 2})
        assert snapshot() == ([("one", {"n": 2})], [("MODIFIED", "one")])
        document.delete()
        assert snapshot() == ([], [("REMOVED", "one")])
        document.set({"n": 3})
        assert snapshot() == ([("one", {"n": 3})], [("ADDED", "one")])


def test_a_query_is_watched_as_documents_come_change_and_go(collection):
    collection.document("a").set({"n": 1})
    collection.document("b").set({"n": 5})
    with listening(collection.where(filter=FieldFilter("n", ">", 2)).order_by("n")) as snapshot:
        assert snapshot() == ([("b", {"n": 5})], [("ADDED", "b")])
        collection.document("c").set({"n": 3})
        assert snapshot() == ([("c", {"n": 3}), ("b", {"n": 5})], [("ADDED", "c")])
        collection.document("c").set({"n": 7})
        assert snapshot() == ([("b", {"n": 5}), ("c", {"n": 7})], [("MODIFIED", "c")])
        collection.document("a").set({"n": 4})
        assert snapshot()[1] == [("ADDED", "a")]
        collection.document("a").set({"n": 0})
        assert snapshot()[1] == [("REMOVED", "a")]
        collection.document("b").delete()
        assert snapshot() == ([("c", {"n": 7})], [("REMOVED", "b")])


def test_documents_slide_into_and_out_of_the_limit_of_a_query(collection):
    for number in range(4):
        collection.document(str(number)).set({"n": number})
    with listening(collection.order_by("n").limit(2)) as snapshot:
        assert [name for name, _ in snapshot()[0]] == ["0", "1"]
        collection.document("0").delete()
        documents, changes = snapshot()
        assert [name for name, _ in documents] == ["1", "2"]
        assert sorted(changes) == [("ADDED", "2"), ("REMOVED", "0")]
        collection.document("new").set({"n": -1})
        documents, changes = snapshot()
        assert [name for name, _ in documents] == ["new", "1"]
        assert sorted(changes) == [("ADDED", "new"), ("REMOVED", "2")]


def test_the_changes_of_one_commit_arrive_together(client, collection):
    with listening(collection) as snapshot:
        assert snapshot() == ([], [])
        batch = client.batch()
        for name in ("a", "b", "c"):
            batch.set(collection.document(name), {})
        batch.commit()
        assert snapshot()[1] == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c")]


def test_a_collection_group_is_watched_at_every_depth(client, collection):
    group = f"g{collection.id}"
    with listening(client.collection_group(group)) as snapshot:
        assert snapshot() == ([], [])
        collection.document("one").collection(group).document("deep").set({})
        assert snapshot()[1] == [("ADDED", "deep")]
        collection.document("one").collection("other").document("unseen").set({})
        client.collection(group).document("top").set({})
        assert snapshot()[1] == [("ADDED", "top")]


def test_a_write_that_changes_nothing_is_not_told(our_collection):
    document = our_collection.document("one")
    document.set({"n": 1})
    with listening(document) as snapshot:
        assert snapshot()[1] == [("ADDED", "one")]
        document.set({"n": 1})
        document.set({"n": 2})
        assert snapshot() == ([("one", {"n": 2})], [("MODIFIED", "one")])


def test_many_listeners_are_all_told(our_collection):
    with contextlib.ExitStack() as stack:
        snapshots = [
            stack.enter_context(listening(our_collection.where(filter=FieldFilter("n", ">=", number))))
            for number in range(10)
        ]
        for snapshot in snapshots:
            assert snapshot() == ([], [])
        our_collection.document("one").set({"n": 4})
        for snapshot in snapshots[:5]:
            assert snapshot()[1] == [("ADDED", "one")]
