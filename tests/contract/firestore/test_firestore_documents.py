"""Documents are written, read, changed and deleted as Firestore does it."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.vector import Vector

from tests.contract.firestore.connecting import client_of

EVERYTHING = {
    "null": None,
    "yes": True,
    "integer": -(2**63),
    "double": 1.5,
    "infinite": -math.inf,
    "time": datetime(2026, 11, 20, 12, 30, 15, 123456, tzinfo=UTC),
    "text": "größer 😀\0",
    "bytes": b"\x00\xff",
    "place": firestore.GeoPoint(48.1, 11.5),
    "list": [1, "a", {"b": [2]}],
    "map": {"a b": {"c.d": 1, "`": 2, "\\": 3}, "empty": {}},
    "empty": [],
    "vector": Vector([1.0, -2.0]),
}


def test_every_type_of_value_comes_back_as_it_was(collection):
    document = collection.document("one")
    document.set({**EVERYTHING, "reference": document})
    assert document.get().to_dict() == {**EVERYTHING, "reference": document}


def test_nan_and_negative_zero_come_back_as_they_were(collection):
    document = collection.document("one")
    document.set({"nan": math.nan, "zero": -0.0})
    found = document.get()
    assert math.isnan(found.get("nan"))
    assert math.copysign(1, found.get("zero")) == -1


def test_a_document_that_was_never_written_does_not_exist(collection):
    assert not collection.document("none").get().exists


def test_a_document_can_be_created_once(collection):
    document = collection.document("one")
    document.create({"n": 1})
    with pytest.raises(exceptions.AlreadyExists):
        document.create({"n": 2})
    assert document.get().to_dict() == {"n": 1}


def test_only_a_document_that_exists_can_be_updated(collection):
    with pytest.raises(exceptions.NotFound):
        collection.document("none").update({"n": 1})


def test_set_replaces_and_merge_keeps_what_is_not_named(collection):
    document = collection.document("one")
    document.set({"a": 1, "m": {"x": 1, "y": 2}})
    document.set({"m": {"x": 5}}, merge=True)
    assert document.get().to_dict() == {"a": 1, "m": {"x": 5, "y": 2}}
    document.set({"b": 2})
    assert document.get().to_dict() == {"b": 2}


def test_an_update_changes_the_named_paths_only(collection):
    document = collection.document("one")
    document.set({"m": {"x": 1, "y": 2}, "n": 3})
    document.update({"m.x": firestore.DELETE_FIELD, "m.z.deep": 4, "`odd name`": 5, "n.x": 6})
    assert document.get().to_dict() == {"m": {"y": 2, "z": {"deep": 4}}, "odd name": 5, "n": {"x": 6}}


def test_a_mask_limits_what_is_read(collection):
    document = collection.document("one")
    document.set({"m": {"x": 1, "y": 2}, "n": 3})
    assert document.get(["m.x", "missing"]).to_dict() == {"m": {"x": 1}}


def test_deleting_is_right_however_often(collection):
    document = collection.document("one")
    document.set({})
    document.delete()
    document.delete()
    assert not document.get().exists


def test_deleting_a_document_leaves_those_below_it(collection):
    below = collection.document("one").collection("sub").document("two")
    collection.document("one").set({})
    below.set({"n": 1})
    collection.document("one").delete()
    assert below.get().exists


def test_times_say_when_a_document_was_made_and_changed(collection):
    document = collection.document("one")
    made = document.set({"n": 1})
    changed = document.set({"n": 2})
    found = document.get()
    assert (found.create_time, found.update_time) == (made.update_time, changed.update_time)
    assert made.update_time < changed.update_time <= found.read_time


def test_a_write_that_changes_nothing_keeps_the_update_time(collection):
    document = collection.document("one")
    first = document.set({"n": 1, "nan": math.nan})
    assert document.set({"n": 1, "nan": math.nan}).update_time == first.update_time
    assert document.set({"n": 1.0, "nan": math.nan}).update_time > first.update_time


def test_a_document_that_is_deleted_and_made_again_is_new(collection):
    document = collection.document("one")
    first = document.set({"n": 1})
    document.delete()
    document.set({"n": 1})
    assert document.get().create_time > first.update_time


def test_an_update_with_the_time_that_was_read_goes_through_once(client, collection):
    document = collection.document("one")
    document.set({"n": 1})
    option = client.write_option(last_update_time=document.get().update_time)
    document.update({"n": 2}, option=option)
    with pytest.raises(exceptions.FailedPrecondition):
        document.update({"n": 3}, option=option)
    with pytest.raises(exceptions.FailedPrecondition):
        document.delete(option)
    assert document.get().to_dict() == {"n": 2}


def test_a_delete_may_insist_on_a_document(client, collection):
    with pytest.raises(exceptions.NotFound):
        collection.document("none").delete(client.write_option(exists=True))


def test_a_batch_is_all_or_nothing(client, collection):
    batch = client.batch()
    batch.set(collection.document("one"), {"n": 1})
    batch.update(collection.document("none"), {"n": 1})
    with pytest.raises(exceptions.NotFound):
        batch.commit()
    assert list(collection.stream()) == []


def test_the_writes_of_a_batch_build_on_each_other(client, collection):
    document = collection.document("one")
    batch = client.batch()
    batch.set(document, {"n": 1, "list": []})
    batch.update(document, {"n": firestore.Increment(1), "list": firestore.ArrayUnion([1])})
    batch.update(document, {"n": firestore.Increment(1)})
    batch.set(collection.document("two"), {})
    batch.delete(collection.document("two"))
    batch.commit()
    assert document.get().to_dict() == {"n": 3, "list": [1]}
    assert not collection.document("two").get().exists


def test_many_documents_are_read_at_once_found_or_missing(client, collection):
    collection.document("one").set({"n": 1})
    wanted = [collection.document(name) for name in ("one", "none")]
    found = {snapshot.id: snapshot.to_dict() for snapshot in client.get_all(wanted)}
    assert found == {"one": {"n": 1}, "none": None}


def test_ids_may_hold_almost_anything(collection):
    for name in ("ä ö", "a?b#c%d", "__id7__", "." * 3, "x" * 1500, "\n"):
        collection.document(name).set({"name": name})
        assert collection.document(name).get().to_dict() == {"name": name}


def test_databases_and_projects_do_not_see_each_other(address, collection):
    collection.document("one").set({"n": 1})
    for options in ({"database": "other"}, {"project": "demo-other"}):
        with client_of(address, **options) as elsewhere:
            assert not elsewhere.document(collection.id, "one").get().exists
            elsewhere.document(collection.id, "one").set({"n": 2})
            assert elsewhere.document(collection.id, "one").get().to_dict() == {"n": 2}
    assert collection.document("one").get().to_dict() == {"n": 1}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"__reserved__": 1}, "a reserved name"),
        ({"list": [[1]]}, "an array in an array"),
        ({"s": "x" * 1_048_488}, "too large a value"),
        ({"f" * 1501: 1}, "too long a name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_changed(collection, fields, why):
    with pytest.raises(exceptions.InvalidArgument):
        collection.document("one").set(fields)
    assert not collection.document("one").get().exists, why
