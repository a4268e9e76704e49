"""Queries find what Firestore's rules say they find, in the order that they say."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud.firestore_v1.base_query import And, FieldFilter, Or

DESCENDING = "DESCENDING"


def where(collection, *conditions):
    query = collection
    for condition in conditions:
        query = query.where(filter=FieldFilter(*condition))
    return query


def ids(query):
    return [found.id for found in query.stream()]


@pytest.fixture
def letters(collection):
    """Six small documents."""
    documents = {
        "a": {"x": 1, "y": 3, "tags": ["red"]},
        "b": {"x": 2, "y": 2, "tags": ["red", "blue"]},
        "c": {"x": 2, "s": "text"},
        "d": {"y": 1, "x": None},
        "e": {"x": 3, "y": 1, "m": {"x": 1, "odd name": 2}},
        "f": {"x": 1, "y": 1, "tags": []},
    }
    for name, fields in documents.items():
        collection.document(name).set(fields)
    return collection


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ([("x", "==", 2)], ["b", "c"]),
        ([("x", "==", 2.0)], ["b", "c"]),
        ([("x", "==", None)], ["d"]),
        ([("x", "!=", None)], ["a", "f", "b", "c", "e"]),
        ([("x", "!=", 1)], ["b", "c", "e"]),
        ([("x", ">", 1)], ["b", "c", "e"]),
        ([("x", "<=", 2)], ["a", "f", "b", "c"]),
        ([("x", ">=", 1), ("x", "<", 3)], ["a", "f", "b", "c"]),
        ([("x", "in", [1, 3])], ["a", "e", "f"]),
        ([("x", "not-in", [1, 3])], ["b", "c"]),
        ([("x", "in", [None, 3])], ["e"]),
        ([("x", "not-in", [None, 3])], []),
        ([("tags", "array_contains", "red")], ["a", "b"]),
        ([("tags", "array_contains_any", ["blue", "green"])], ["b"]),
        ([("x", "==", 1), ("y", "==", 1)], ["f"]),
        ([("m.x", "==", 1)], ["e"]),
        ([("m.`odd name`", ">", 1)], ["e"]),
        ([("m", "==", {"odd name": 2, "x": 1.0})], ["e"]),
        ([("tags", "==", [])], ["f"]),
        ([("x", ">", "")], []),
        ([("x", ">", 0), ("y", ">", 0)], ["f", "a", "b", "e"]),
        ([("nothing", "==", 1)], []),
    ],
    ids=str,
)
def test_these_conditions_find(letters, conditions, found):
    assert ids(where(letters, *conditions)) == found


def test_without_an_order_results_come_by_name(letters):
    assert ids(letters) == ["a", "b", "c", "d", "e", "f"]


def test_only_documents_with_the_field_are_ordered_by_it(letters):
    assert ids(letters.order_by("y")) == ["d", "e", "f", "b", "a"]


def test_equal_documents_come_by_name_in_the_direction_of_the_last_order(letters):
    assert ids(letters.order_by("x", direction=DESCENDING)) == ["e", "c", "b", "f", "a", "d"]


def test_orders_may_go_different_ways(letters):
    assert ids(letters.order_by("x").order_by("y", direction=DESCENDING)) == ["d", "a", "f", "b", "e"]


def test_an_inequality_orders_after_the_orders_that_are_given(letters):
    assert ids(where(letters, ("x", ">=", 1)).order_by("y")) == ["f", "e", "b", "a"]


def test_one_of_several_conditions_is_enough(letters):
    query = letters.where(filter=Or([FieldFilter("x", "==", 2), FieldFilter("y", "==", 1)]))
    assert ids(query) == ["b", "c", "d", "e", "f"]


def test_conditions_can_be_nested(letters):
    query = letters.where(
        filter=Or(
            [
                And([FieldFilter("x", "==", 1), FieldFilter("y", "==", 1)]),
                And([FieldFilter("x", "==", 2), Or([FieldFilter("y", "==", 2), FieldFilter("s", "==", "text")])]),
            ]
        )
    )
    assert ids(query) == ["b", "c", "f"]


def test_an_inequality_in_one_alternative_demands_the_field_in_all(letters):
    query = letters.where(filter=Or([FieldFilter("x", ">", 1), FieldFilter("y", ">", 1)]))
    assert ids(query) == ["a", "b", "e"]


def test_limit_offset_and_the_last_ones(letters):
    by_x = letters.order_by("x")
    assert ids(by_x.limit(2)) == ["d", "a"]
    assert ids(by_x.offset(4)) == ["c", "e"]
    assert ids(by_x.offset(1).limit(2)) == ["a", "f"]
    assert [found.id for found in by_x.limit_to_last(2).get()] == ["c", "e"]
    assert ids(letters.offset(100)) == []
    assert ids(letters.limit(0)) == []


def test_cursors_begin_and_end_where_they_say(letters):
    by_x = letters.order_by("x")
    assert ids(by_x.start_at({"x": 2})) == ["b", "c", "e"]
    assert ids(by_x.start_after({"x": 2})) == ["e"]
    assert ids(by_x.end_before({"x": 2})) == ["d", "a", "f"]
    assert ids(by_x.end_at({"x": 2})) == ["d", "a", "f", "b", "c"]
    assert ids(letters.order_by("x", direction=DESCENDING).start_at({"x": 2})) == ["c", "b", "f", "a", "d"]


def test_a_page_begins_after_the_last_document_of_the_page_before(letters):
    query = letters.order_by("x").limit(2)
    pages = []
    page = list(query.stream())
    while page:
        pages.append([found.id for found in page])
        page = list(query.start_after(page[-1]).stream())
    assert pages == [["d", "a"], ["f", "b"], ["c", "e"]]


def test_a_selection_brings_the_named_fields_only(letters):
    found = next(where(letters, ("x", "==", 3)).select(["m.x", "y"]).stream())
    assert found.to_dict() == {"m": {"x": 1}, "y": 1}
    assert next(letters.select([]).stream()).to_dict() == {}


def test_documents_can_be_found_by_their_name(letters):
    assert ids(where(letters, ("__name__", "==", letters.document("c")))) == ["c"]
    assert ids(where(letters, ("__name__", ">", letters.document("d")))) == ["e", "f"]
    assert ids(where(letters, ("__name__", "in", [letters.document("a"), letters.document("e")]))) == ["a", "e"]
    assert ids(where(letters, ("__name__", "not-in", [letters.document("a")]))) == ["b", "c", "d", "e", "f"]


def test_a_collection_group_spans_all_depths_and_keeps_apart_what_is_called_otherwise(client, collection):
    group = f"g{collection.id}"
    root = client.collection(group).document("top")
    below = collection.document("one").collection(group).document("middle")
    deep = below.collection(group).document("deep")
    for number, document in enumerate([root, below, deep, collection.document("one").collection("other").document()]):
        document.set({"n": number})
    assert {found.reference.path for found in client.collection_group(group).stream()} == {
        root.path,
        below.path,
        deep.path,
    }
    assert ids(client.collection_group(group).where(filter=FieldFilter("n", ">", 0)).limit(1)) == ["middle"]


@pytest.mark.parametrize(
    "conditions",
    [
        [("x", "!=", 1), ("y", "!=", 1)],
        [("x", "!=", 1), ("y", "not-in", [1])],
        [("x", "in", [1, 2]), ("y", "not-in", [1])],
        [("x", "array_contains", 1), ("y", "array_contains", 1)],
        [("x", "in", list(range(6))), ("y", "in", list(range(6)))],
        [("x", "in", list(range(31)))],
        [("x", "not-in", list(range(11)))],
        [("x", "in", [])],
        [("__name__", "==", "text")],
        [("x..y", "==", 1)],
        [(f"x{number}", ">", 1) for number in range(11)],
    ],
    ids=str,
)
def test_conditions_that_firestore_refuses_are_refused(letters, conditions):
    with pytest.raises((exceptions.InvalidArgument, ValueError)):
        ids(where(letters, *conditions))


@pytest.mark.parametrize(
    "query",
    [
        lambda letters: letters.order_by("x").order_by("x"),
        lambda letters: letters.order_by("__name__").order_by("x"),
        lambda letters: letters.limit(-1),
        lambda letters: letters.offset(-1),
    ],
)
def test_queries_that_make_no_sense_are_refused(letters, query):
    with pytest.raises(exceptions.InvalidArgument):
        ids(query(letters))


def test_reading_at_an_earlier_time_finds_what_there_was(letters):
    then = letters.document("a").get().read_time
    letters.document("a").delete()
    letters.document("b").update({"x": 9})
    letters.document("z").set({"x": 1})
    assert [found.id for found in where(letters, ("x", "<=", 2)).stream(read_time=then)] == ["a", "f", "b", "c"]
    assert letters.document("a").get(read_time=then).to_dict() == {"x": 1, "y": 3, "tags": ["red"]}


def test_the_whole_of_a_large_collection_is_found_while_it_changes(our_collection, our_client):
    batch = our_client.batch()
    for number in range(1500):
        batch.set(our_collection.document(f"{number:04}"), {"n": number})
    batch.commit()
    stream = where(our_collection, ("n", ">=", 500)).stream()
    first = next(stream)
    our_collection.document("0700").delete()
    assert [first.id, *(found.id for found in stream)] == [f"{number:04}" for number in range(500, 1500)]


def test_vector_search_is_refused_by_name(our_collection):
    from google.cloud.firestore_v1.base_vector_query import DistanceMeasure
    from google.cloud.firestore_v1.vector import Vector

    query = our_collection.find_nearest("v", Vector([1.0]), limit=1, distance_measure=DistanceMeasure.EUCLIDEAN)
    with pytest.raises(exceptions.MethodNotImplemented, match="find_nearest"):
        query.get()


def test_a_collection_group_is_cut_into_parts_that_cover_it(our_client, our_collection):
    group = our_collection.id
    for number in range(10):
        our_client.document(f"p{number}/{group}", group, str(number)).set({"n": number})
    parts = list(our_client.collection_group(group).get_partitions(4))
    assert len(parts) == 5
    covered = [found.id for part in parts for found in part.query().stream()]
    assert sorted(covered) == [str(number) for number in range(10)]
