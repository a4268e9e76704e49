"""Whatever the query, its results are those of looking at every document."""

from __future__ import annotations

import functools
import math
import random

import pytest
from google.cloud.firestore_v1.base_query import FieldFilter, Or
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VALUES = [None, False, True, math.nan, -1, 0, -0.0, 1, 1.0, 2.5, "", "a", "ab", "ä", b"", b"z", [], [1], [1, "a"], {}]
VALUES += [{"k": 1}]
FIELDS = "xyz"
ORDINARY = [value for value in VALUES if value is not None and value == value]  # noqa: PLR0124 - not NaN
NEGATIONS = ("!=", "not-in")
CURSORS = ("start_at", "start_after", "end_at", "end_before")
LISTS = ("in", "not-in", "array_contains_any")


@pytest.fixture(scope="module")
def many(client):
    """Forty documents of random fields, and the same as plain dictionaries."""
    chance = random.Random(11)
    collection = client.collection(f"many{chance.random()}")
    documents = {}
    for number in range(40):
        fields = {name: chance.choice(VALUES) for name in FIELDS if chance.random() < 0.8}
        documents[f"{number:02}"] = fields
        collection.document(f"{number:02}").set(fields)
    return collection, documents


conditions = st.one_of(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(["==", "!="]), st.sampled_from(VALUES)),
    st.tuples(
        st.sampled_from(FIELDS),
        st.sampled_from(["<", "<=", ">", ">=", "array_contains"]),
        st.sampled_from(ORDINARY),
    ),
    st.tuples(
        st.sampled_from(FIELDS), st.sampled_from(LISTS), st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=4)
    ),
)


def is_allowed(conditions, *, any_of):
    """Firestore refuses some combinations; those are tested elsewhere."""
    operators = [operator for _, operator, _ in conditions]
    alternatives = math.prod(len(value) if operator in LISTS else 1 for _, operator, value in conditions)
    return (
        sum(operator in NEGATIONS for operator in operators) <= 1
        and sum(operator.startswith("array") for operator in operators) <= 1
        and not ("not-in" in operators and (any_of or "in" in operators or "array_contains_any" in operators))
        and alternatives <= 30
    )


@st.composite
def queries(draw):
    any_of = draw(st.booleans())
    chosen = draw(st.lists(conditions, max_size=3).filter(lambda chosen: is_allowed(chosen, any_of=any_of)))
    orders = [(name, draw(st.booleans())) for name in draw(st.permutations(FIELDS))[: draw(st.integers(0, 2))]]
    cursor = None
    if orders and draw(st.booleans()):
        cursor = (
            draw(st.sampled_from(["start_at", "start_after", "end_at", "end_before"])),
            draw(st.sampled_from(ORDINARY)),
        )
    return any_of, chosen, orders, cursor, draw(st.none() | st.integers(0, 10)), draw(st.integers(0, 3))


def built(collection, any_of, chosen, orders, cursor, limit, offset):
    """The query as the client is asked for it."""
    query = collection
    filters = [FieldFilter(*condition) for condition in chosen]
    if filters and any_of:
        query = query.where(filter=Or(filters))
    else:
        for condition in filters:
            query = query.where(filter=condition)
    for name, descending in orders:
        query = query.order_by(name, direction="DESCENDING" if descending else "ASCENDING")
    if cursor is not None:
        query = getattr(query, cursor[0])({orders[0][0]: cursor[1]})
    if limit is not None:
        query = query.limit(limit)
    return query.offset(offset)


def kind(value):
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1
    if isinstance(value, float) and math.isnan(value):
        return 2
    return {int: 3, float: 3, str: 4, bytes: 5, list: 6, dict: 7}[type(value)]


def compare(one, other):
    """-1, 0 or 1, by the documented order of types and values."""
    if kind(one) != kind(other):
        return -1 if kind(one) < kind(other) else 1
    if kind(one) in {0, 2}:
        return 0
    if isinstance(one, str):
        one, other = one.encode(), other.encode()
    if isinstance(one, dict):
        one = [part for name in sorted(one) for part in (name, one[name])]
        other = [part for name in sorted(other) for part in (name, other[name])]
    if isinstance(one, list):
        for a, b in zip(one, other, strict=False):
            if found := compare(a, b):
                return found
        one, other = len(one), len(other)
    return (one > other) - (one < other)


def fulfils(fields, name, operator, wanted):
    if name not in fields:
        return False
    value = fields[name]
    ordered = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}
    if operator in ordered:
        return kind(value) == kind(wanted) and compare(value, wanted) in ordered[operator]
    if operator == "array_contains":
        return isinstance(value, list) and any(compare(item, wanted) == 0 for item in value)
    if operator == "array_contains_any":
        return isinstance(value, list) and any(compare(item, one) == 0 for item in value for one in wanted)
    listed = wanted if operator in LISTS else [wanted]
    is_one = any(compare(value, one) == 0 for one in listed)
    return is_one if operator in {"==", "in"} else not is_one and value is not None


def expected(documents, any_of, chosen, orders, cursor, limit, offset):
    """The ids that the query must find, in order."""
    combine = any if any_of and chosen else all
    inequalities = sorted({name for name, operator, _ in chosen if operator in {"<", "<=", ">", ">=", *NEGATIONS}})
    last = orders[-1][1] if orders else False
    full = orders + [(name, last) for name in inequalities if name not in dict(orders)]

    def placed(one, other):
        for name, descending in full:
            if found := compare(documents[one][name], documents[other][name]):
                return -found if descending else found
        return ((one > other) - (one < other)) * (-1 if last else 1)

    found = [
        document_id
        for document_id, fields in documents.items()
        if combine(fulfils(fields, *condition) for condition in chosen) and all(name in fields for name, _ in full)
    ]
    found.sort(key=functools.cmp_to_key(placed))
    if cursor is not None:
        way, value = cursor
        name, descending = orders[0]
        signs = {"start_at": (0, 1), "start_after": (1,), "end_at": (-1, 0), "end_before": (-1,)}[way]
        turn = -1 if descending else 1
        found = [one for one in found if compare(documents[one][name], value) * turn in signs]
    return found[offset:] if limit is None else found[offset : offset + limit]


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(query=queries())
def test_a_query_finds_what_looking_at_every_document_finds(many, query):
    collection, documents = many
    assert [found.id for found in built(collection, *query).stream()] == expected(documents, *query)
