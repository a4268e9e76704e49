"""Transforms compute on the server, in the write that they belong to."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.cloud.firestore import SERVER_TIMESTAMP, ArrayRemove, ArrayUnion, Increment, Maximum, Minimum

LARGEST, SMALLEST = 2**63 - 1, -(2**63)


@pytest.mark.parametrize(
    ("before", "transform", "after"),
    [
        (1, Increment(2), 3),
        (1, Increment(2.5), 3.5),
        (1.5, Increment(2), 3.5),
        ("text", Increment(2), 2),
        (None, Increment(2), 2),
        (LARGEST, Increment(2), LARGEST),
        (SMALLEST, Increment(-2), SMALLEST),
        (1, Increment(math.nan), math.nan),
        (1, Maximum(2), 2),
        (1, Maximum(1.0), 1),
        (2, Maximum(1.5), 2),
        (1, Maximum(math.nan), math.nan),
        (math.nan, Maximum(1), math.nan),
        ("text", Maximum(1), 1),
        (0, Maximum(-0.0), 0),
        (-0.0, Maximum(0), -0.0),
        (2**53, Maximum(2.0**53 + 2), 2.0**53 + 2),
        (3, Minimum(2.5), 2.5),
        (2**53 + 1, Minimum(2.0**53), 2.0**53),
        (1, Minimum(math.nan), math.nan),
        (math.nan, Minimum(1), math.nan),
        ([1, 2], ArrayUnion([2, 3.0, 3, 3]), [1, 2, 3.0]),
        ([1], ArrayUnion([1.0]), [1]),
        ([math.nan, None], ArrayUnion([math.nan, None]), [math.nan, None]),
        ("text", ArrayUnion([1, 1]), [1]),
        ([1, 2, 1, 3], ArrayRemove([1.0]), [2, 3]),
        ([math.nan, 1], ArrayRemove([math.nan]), [1]),
        ([{"a": 1}, {"a": 2}], ArrayRemove([{"a": 1.0}]), [{"a": 2}]),
        ("text", ArrayRemove([1]), []),
    ],
)
def test_a_transform_makes_of_a_field(collection, before, transform, after):
    document = collection.document("one")
    document.set({"field": before})
    document.update({"field": transform})
    assert repr(document.get().get("field")) == repr(after)


@pytest.mark.parametrize(
    ("transform", "after"),
    [(Increment(2), 2), (Maximum(-1), -1), (ArrayUnion([1, 1]), [1]), (ArrayRemove([1]), [])],
)
def test_a_transform_of_a_field_that_is_not_there_makes_it(collection, transform, after):
    document = collection.document("one")
    document.set({"other": 1, "a": {"b": {"c": transform}}})
    assert document.get().to_dict() == {"other": 1, "a": {"b": {"c": after}}}


def test_the_server_timestamp_is_the_time_of_the_commit_in_milliseconds(collection):
    document = collection.document("one")
    document.set({"time": SERVER_TIMESTAMP, "deep": {"time": SERVER_TIMESTAMP}})
    found = document.get()
    assert found.get("time") == found.get("deep.time")
    assert found.get("time").microsecond % 1000 == 0
    assert found.update_time - timedelta(seconds=1) < found.get("time") <= found.update_time
    assert abs(found.get("time") - datetime.now(UTC)) < timedelta(seconds=10)


def test_a_transform_and_plain_fields_go_together(collection):
    document = collection.document("one")
    document.set({"n": 1, "gone": 1})
    document.set({"n": Increment(5), "new": 2})
    assert document.get().to_dict() == {"n": 5, "new": 2}
    document.set({"n": Increment(5)}, merge=True)
    assert document.get().to_dict() == {"n": 10, "new": 2}


def test_increments_from_many_threads_are_all_counted(collection):
    document = collection.document("one")
    document.set({"n": 0})
    threads = [
        threading.Thread(target=lambda: [document.update({"n": Increment(1)}) for _ in range(20)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert document.get().to_dict() == {"n": 80}


def test_a_transform_cannot_bring_in_an_array_in_an_array(our_collection):
    with pytest.raises(exceptions.InvalidArgument):
        our_collection.document("one").set({"list": ArrayUnion([[1]])})


def test_a_document_takes_500_transforms_in_a_commit_and_no_more(our_client, our_collection):
    document = our_collection.document("one")
    document.set({f"f{number}": Increment(1) for number in range(500)})
    with pytest.raises(exceptions.InvalidArgument, match="500"):
        document.set({f"f{number}": Increment(1) for number in range(501)})
    batch = our_client.batch()
    batch.update(document, {f"f{number}": Increment(1) for number in range(300)})
    batch.update(document, {f"f{number}": Increment(1) for number in range(201)})
    with pytest.raises(exceptions.InvalidArgument, match="500"):
        batch.commit()
