"""Values of all types have one order."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.firestore import values
from localcloud.firestore.wire import Value
from tests.unit.localcloud.firestore.arbitrary import anything
from tests.unit.localcloud.firestore.making import reference, value

VECTOR = "__vector__"

ASCENDING = [
    [None],
    [False],
    [True],
    [math.nan],
    [-math.inf],
    [-1.5],
    [-0.0, 0, 0.0],
    [1, 1.0],
    [2.0**53],
    [2**53 + 1],
    [math.inf],
    [Value(timestamp_value={"seconds": 1})],
    [Value(timestamp_value={"seconds": 1, "nanos": 1000})],
    [""],
    ["a"],
    ["aa"],
    ["é"],
    ["\uffff"],
    ["\U0001f600"],
    [b""],
    [b"a"],
    [reference("a/__id-7__")],
    [reference("a/__id8__")],
    [reference("a/__id10__")],
    [reference("a/b")],
    [reference("a/b/c/d")],
    [reference("b/a")],
    [Value(geo_point_value={"latitude": 1, "longitude": -2})],
    [Value(geo_point_value={"latitude": 1, "longitude": 2})],
    [[]],
    [[None]],
    [[1], [1.0]],
    [[1, 1]],
    [[2]],
    [["a"]],
    [{"__type__": VECTOR, "value": [9.0]}],
    [{"__type__": VECTOR, "value": [1.0, 2.0]}],
    [{}],
    [{"a": 0}],
    [{"a": 1}, {"a": 1.0}],
    [{"a": 1, "b": 0}],
    [{"a": 2}],
    [{"b": 0}],
]


def test_values_sort_as_firestore_documents_it():
    keys = [[values.key(value(plain)) for plain in group] for group in ASCENDING]
    for lower, higher in itertools.pairwise(keys):
        assert all(low < high for low, high in itertools.product(lower, higher))


def test_values_that_only_differ_in_how_they_are_written_are_equal():
    for group in ASCENDING:
        assert len({values.key(value(plain)) for plain in group}) == 1


@settings(deadline=None)
@given(anything, anything)
def test_of_two_values_exactly_one_is_less_or_they_are_equal(one, other):
    a, b = values.key(one), values.key(other)
    assert (a < b) + (b < a) + (a == b) == 1


@settings(deadline=None)
@given(anything, anything, anything)
def test_the_order_is_transitive(one, two, three):
    a, b, c = sorted(map(values.key, (one, two, three)))
    assert a <= b <= c
    assert a <= c


@settings(deadline=None)
@given(anything, anything)
def test_values_of_different_types_never_look_alike(one, other):
    a, b = values.key(one), values.key(other)
    if a[0] != b[0]:
        assert (a < b) == (a[0] < b[0])


@settings(deadline=None)
@given(st.text(), st.text())
def test_strings_sort_by_their_utf_8_bytes(one, other):
    assert (values.key(value(one)) < values.key(value(other))) == (one.encode() < other.encode())


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
def test_integers_and_doubles_compare_without_rounding(integer, double):
    a, b = values.key(value(integer)), values.key(value(double))
    assert (a < b) == (Fraction(integer) < Fraction(double))
    assert (a == b) == (Fraction(integer) == Fraction(double))
