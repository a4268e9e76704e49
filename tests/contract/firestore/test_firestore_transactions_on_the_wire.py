"""Transactions read consistently, commit only if nothing they read has changed, and none of them starves."""

from __future__ import annotations

import threading

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract.firestore.connecting import DATABASE, ROOT, refusal


def in_transaction(client, work, **options):
    return firestore.transactional(work)(client.transaction(**options))


def test_what_is_read_and_written_in_a_transaction_goes_together(client, collection):
    source, target = collection.document("source"), collection.document("target")
    source.set({"n": 5})
    target.set({"n": 1})

    def move(transaction):
        amount = source.get(transaction=transaction).get("n")
        held = target.get(transaction=transaction).get("n")
        transaction.update(source, {"n": 0})
        transaction.update(target, {"n": held + amount})
        return amount

    assert in_transaction(client, move) == 5
    assert (source.get().get("n"), target.get().get("n")) == (0, 6)


def test_a_transaction_that_fails_writes_nothing(client, collection):
    document = collection.document("one")

    def fail(transaction):
        transaction.set(document, {"n": 1})
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        in_transaction(client, fail)
    assert not document.get().exists


def test_a_refused_precondition_undoes_the_whole_transaction(client, collection):
    def work(transaction):
        transaction.set(collection.document("one"), {})
        transaction.update(collection.document("none"), {"n": 1})

    with pytest.raises(exceptions.NotFound):
        in_transaction(client, work)
    assert not collection.document("one").get().exists


def test_a_transaction_whose_document_was_changed_is_tried_again(our_client, our_collection):
    document = our_collection.document("one")
    document.set({"n": 1})
    seen = []

    def work(transaction):
        seen.append(document.get(transaction=transaction).get("n"))
        if len(seen) == 1:
            document.set({"n": 10})
        transaction.update(document, {"n": seen[-1] + 1})

    in_transaction(our_client, work)
    assert seen == [1, 10]
    assert document.get().to_dict() == {"n": 11}


def test_a_transaction_whose_query_would_find_something_else_is_tried_again(our_client, our_collection):
    seen = []

    def work(transaction):
        query = our_collection.where(filter=FieldFilter("n", ">", 0))
        seen.append(len(list(query.stream(transaction=transaction))))
        if len(seen) == 1:
            our_collection.document("late").set({"n": 1})
        transaction.set(our_collection.document("count"), {"found": seen[-1]})

    in_transaction(our_client, work)
    assert our_collection.document("count").get().to_dict() == {"found": 1}


def test_a_transaction_whose_count_would_be_another_is_tried_again(our_client, our_collection):
    seen = []

    def work(transaction):
        seen.append(our_collection.count().get(transaction=transaction)[0][0].value)
        if len(seen) == 1:
            our_collection.document("late").set({})
        transaction.set(our_client.document(f"counts/{our_collection.id}"), {"found": seen[-1]})

    in_transaction(our_client, work)
    assert seen == [0, 1]


def test_a_transaction_that_is_always_overtaken_gives_up(our_client, our_collection):
    document = our_collection.document("one")
    document.set({"n": 0})

    def work(transaction):
        document.get(transaction=transaction)
        document.update({"n": firestore.Increment(1)})
        transaction.update(document, {"n": -1})

    with pytest.raises(ValueError, match="5 attempts"):
        in_transaction(our_client, work)
    assert document.get().to_dict() == {"n": 5}


def test_a_read_only_transaction_sees_one_moment_and_cannot_write(our_client, our_collection):
    document = our_collection.document("one")
    document.set({"n": 1})

    def work(transaction):
        first = document.get(transaction=transaction).get("n")
        document.set({"n": 2})
        our_collection.document("two").set({"n": 2})
        second = document.get(transaction=transaction).get("n")
        return first, second, [found.id for found in our_collection.stream(transaction=transaction)]

    assert in_transaction(our_client, work, read_only=True) == (1, 1, ["one"])


def test_eight_threads_that_all_increment_one_document_lose_no_increment_and_none_gives_up(our_client, our_collection):
    document = our_collection.document("one")
    document.set({"n": 0})
    failures = []

    def work(transaction):
        transaction.update(document, {"n": document.get(transaction=transaction).get("n") + 1})

    def thread():
        try:
            for _ in range(15):
                in_transaction(our_client, work)
        except (ValueError, exceptions.GoogleAPICallError) as error:
            failures.append(error)

    threads = [threading.Thread(target=thread) for _ in range(8)]
    for running in threads:
        running.start()
    for running in threads:
        running.join()
    assert failures == []
    assert document.get().to_dict() == {"n": 8 * 15}


def test_threads_that_claim_the_oldest_task_by_a_query_each_get_their_own(our_client, our_collection):
    for number in range(12):
        our_collection.document(f"{number:02}").set({"state": "open", "n": number})
    claimed = []

    def claim(transaction):
        oldest = our_collection.where(filter=FieldFilter("state", "==", "open")).order_by("n").limit(1)
        (task,) = list(oldest.stream(transaction=transaction))
        transaction.update(task.reference, {"state": "taken"})
        return task.id

    def thread():
        claimed.extend(in_transaction(our_client, claim) for _ in range(3))

    threads = [threading.Thread(target=thread) for _ in range(4)]
    for running in threads:
        running.start()
    for running in threads:
        running.join()
    assert sorted(claimed) == [f"{number:02}" for number in range(12)]


def test_a_transaction_can_begin_with_its_first_read(wire):
    name = f"{ROOT}/beginnings/one"
    wire.unary("Commit", database=DATABASE, writes=[{"update": {"name": name}}])
    first, second = wire.stream("BatchGetDocuments", database=DATABASE, documents=[name], new_transaction={})
    assert first.transaction
    assert second.found.name == name
    wire.unary("Commit", database=DATABASE, writes=[{"update": {"name": name}}], transaction=first.transaction)
    begun, *_ = wire.stream(
        "RunQuery",
        parent=ROOT,
        structured_query={"from_": [{"collection_id": "beginnings"}]},
        new_transaction={"read_only": {}},
    )
    assert begun.transaction


def test_a_transaction_can_be_used_once(wire):
    token = wire.unary("BeginTransaction", database=DATABASE).transaction
    wire.unary("Commit", database=DATABASE, transaction=token)
    assert refusal(wire.unary, "Commit", database=DATABASE, transaction=token) == "INVALID_ARGUMENT"
    assert (
        refusal(wire.stream, "BatchGetDocuments", database=DATABASE, documents=[f"{ROOT}/a/b"], transaction=token)
        == "INVALID_ARGUMENT"
    )
    wire.unary("Rollback", database=DATABASE, transaction=token)


def test_a_transaction_that_never_began_is_refused(wire):
    for method in ("Commit", "Rollback"):
        assert refusal(wire.unary, method, database=DATABASE, transaction=b"never") == "INVALID_ARGUMENT"


def test_a_read_only_transaction_is_refused_writes(wire):
    token = wire.unary("BeginTransaction", database=DATABASE, options={"read_only": {}}).transaction
    write = {"update": {"name": f"{ROOT}/a/b"}}
    assert refusal(wire.unary, "Commit", database=DATABASE, transaction=token, writes=[write]) == "INVALID_ARGUMENT"


def test_a_transaction_may_insist_on_a_document_without_writing_it(wire):
    """`Write.verify` is what the Web and Node clients send for documents that a transaction only reads."""
    name = f"{ROOT}/verified/one"

    def verifying(*, exists):
        write = b"\x2a" + bytes([len(name)]) + name.encode() + b"\x22\x02\x08" + bytes([exists])
        database = DATABASE.encode()
        return b"\x0a" + bytes([len(database)]) + database + b"\x12" + bytes([len(write)]) + write

    wire.unary("Commit", database=DATABASE, writes=[{"delete": name}])
    wire.bytes("Commit", verifying(exists=False))
    assert refusal(wire.bytes, "Commit", verifying(exists=True)) == "NOT_FOUND"
    wire.unary("Commit", database=DATABASE, writes=[{"update": {"name": name}}])
    wire.bytes("Commit", verifying(exists=True))
    assert refusal(wire.bytes, "Commit", verifying(exists=False)) == "ALREADY_EXISTS"
