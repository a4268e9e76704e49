"""Field paths mean what Google's client means by them."""

from __future__ import annotations

import pytest
from google.cloud.firestore_v1.field_path import FieldPath
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.firestore import fields
from localcloud.rpc import RpcError
from tests.unit.localcloud.firestore.making import document, value

parts = st.lists(
    st.text(min_size=1, max_size=6).filter(lambda part: not (part.startswith("__") and part.endswith("__"))),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(parts)
def test_every_path_that_the_client_spells_is_read_back(path):
    assert fields.parse(FieldPath(*path).to_api_repr()) == tuple(path)


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "a-b", "0a", "ä", "`a", "a`", "``", "`a`b", "a.`", "`\\`", "a b", "*"]
)
def test_what_spells_no_path_is_refused(text):
    with pytest.raises(RpcError, match="invalid field path"):
        fields.parse(text)


@pytest.mark.parametrize("text", ["__x__", "a.__x__", "`__x__`", "__name__.a"])
def test_reserved_names_are_refused(text):
    with pytest.raises(RpcError, match="reserved"):
        fields.parse(text)


def test_a_name_of_more_than_1500_bytes_is_refused():
    fields.check_name("é" * 750)
    with pytest.raises(RpcError, match="1500"):
        fields.check_name("é" * 751)


@settings(deadline=None)
@given(parts)
def test_what_is_put_is_got_and_then_removed(path):
    target = document("a/b", {"other": 1})
    fields.put(target.fields, tuple(path), value("here"))
    assert fields.get(target.fields, tuple(path)) == value("here")
    assert fields.lookup(tuple(path))(target) == value("here")
    fields.remove(target.fields, tuple(path))
    assert fields.get(target.fields, tuple(path)) is None


def test_a_path_through_something_that_is_no_map_finds_nothing_and_removes_nothing():
    target = document("a/b", {"n": 5})
    assert fields.get(target.fields, ("n", "x")) is None
    fields.remove(target.fields, ("n", "x"))
    assert target == document("a/b", {"n": 5})


def test_looking_for_a_field_does_not_make_it():
    target = document("a/b", {"m": {}})
    assert fields.get(target.fields, ("m", "x", "y")) is None
    assert fields.get(target.fields, ("q",)) is None
    assert target == document("a/b", {"m": {}})


def test_a_projection_holds_what_was_asked_for_and_nothing_else():
    target = document("a/b", {"m": {"x": 1, "y": 2}, "n": 3})
    target.update_time.seconds = 5
    projected = fields.project(target, [("m", "x"), ("missing",), fields.NAME])
    expected = document("a/b", {"m": {"x": 1}})
    assert (projected.name, projected.fields, projected.update_time.seconds) == (expected.name, expected.fields, 5)


def test_a_projection_of_a_document_that_does_not_exist_has_no_times():
    assert not fields.project(document("a/b", {}), []).HasField("update_time")
