"""Many writes at once: each on its own, with its own answer."""

from __future__ import annotations

from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract.firestore.connecting import DATABASE, ROOT, refusal


def test_a_bulk_writer_writes_everything(client, collection):
    writer = client.bulk_writer()
    for number in range(200):
        writer.set(collection.document(f"{number:03}"), {"n": number})
    writer.close()
    assert collection.count().get()[0][0].value == 200


def test_in_a_bulk_writer_one_failure_does_not_hinder_the_others(client, collection):
    collection.document("here").set({"n": 1})
    failures = []
    writer = client.bulk_writer()
    writer.on_write_error(lambda failure, _: bool(failures.append(failure.operation.reference.id)))
    writer.create(collection.document("here"), {"n": 2})
    writer.update(collection.document("none"), {"n": 2})
    writer.set(collection.document("new"), {"n": 2})
    writer.close()
    assert sorted(failures) == ["here", "none"]
    assert {found.id: found.get("n") for found in collection.stream()} == {"here": 1, "new": 2}


def test_everything_below_a_document_can_be_deleted(client, collection):
    kept = collection.document("two").collection("sub").document("kept")
    doomed = collection.document("one")
    for document in (doomed, doomed.collection("sub").document("x"), doomed.collection("a").document("y"), kept):
        document.set({})
    doomed.collection("missing").document("z").collection("deep").document("w").set({})
    assert client.recursive_delete(doomed) == 4
    assert list(doomed.collections()) == []
    assert kept.get().exists


def test_a_collection_can_be_deleted_with_everything_below_it(client, collection):
    for number in range(30):
        document = collection.document(str(number))
        document.set({})
        document.collection("sub").document("x").set({})
    neighbour = client.collection(f"{collection.id}0").document("x")
    neighbour.set({})
    assert client.recursive_delete(collection) == 60
    assert list(collection.where(filter=FieldFilter("__name__", ">", collection.document("0"))).stream()) == []
    assert neighbour.get().exists


def test_every_write_of_a_batch_has_its_own_status(wire, our_collection):
    def write(name, **more):
        return {"update": {"name": f"{ROOT}/{our_collection.id}/{name}"}, **more}

    answer = wire.unary(
        "BatchWrite",
        database=DATABASE,
        writes=[write("a"), write("b", current_document={"exists": True}), write("c")],
    )
    assert [status.code for status in answer.status] == [0, 5, 0]
    assert [result.HasField("update_time") for result in answer.write_results] == [True, False, True]
    assert sorted(found.id for found in our_collection.stream()) == ["a", "c"]


def test_a_batch_that_writes_a_document_twice_is_refused(wire):
    write = {"update": {"name": f"{ROOT}/twice/a"}}
    assert refusal(wire.unary, "BatchWrite", database=DATABASE, writes=[write, write]) == "INVALID_ARGUMENT"
