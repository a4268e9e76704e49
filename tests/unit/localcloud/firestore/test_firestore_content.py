"""What a document may hold, and how large it may be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from localcloud.firestore import content
from localcloud.firestore.wire import Value
from localcloud.rpc import RpcError
from tests.unit.localcloud.firestore.arbitrary import anything
from tests.unit.localcloud.firestore.making import ROOT, document, value


def nested(levels):
    made = value(1)
    for _ in range(levels):
        made = value({"a": made})
    return made


def test_twenty_levels_of_maps_are_accepted_and_one_more_is_not():
    content.check_value(nested(20))
    with pytest.raises(RpcError, match="20 levels"):
        content.check_value(nested(21))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Value(), "unset"),
        (Value(field_reference_value="a"), "field_reference_value"),
        (value([[1]]), "directly hold"),
        (value({"": 1}), "empty"),
        (value({"__x__": 1}), "reserved"),
        (value({"__type__": "__other__", "value": [1.0]}), "reserved"),
        (value({"__type__": "__vector__", "value": [1]}), "double"),
        (value({"__type__": "__vector__", "value": []}), "1 to 2048"),
        (value({"__type__": "__vector__", "value": [0.0] * 2049}), "1 to 2048"),
        (value({"__type__": "__vector__"}), "1 to 2048"),
        (Value(geo_point_value={"latitude": 90.1, "longitude": 0}), "geo point"),
        (Value(geo_point_value={"latitude": 0, "longitude": float("nan")}), "geo point"),
        (Value(reference_value="nothing"), "begin with"),
        (Value(reference_value=f"{ROOT}/collection"), "pairs"),
        (Value(timestamp_value={"seconds": 253_402_300_800}), "years"),
        (Value(timestamp_value={"seconds": -62_135_596_801}), "years"),
        (Value(timestamp_value={"seconds": 0, "nanos": -1}), "nanos"),
        (value("é" * (content.MAX_VALUE_BYTES // 2 + 1)), "string"),
        (value(b"x" * (content.MAX_VALUE_BYTES + 1)), "bytes"),
    ],
)
def test_what_firestore_cannot_keep_is_refused(bad, why):
    with pytest.raises(RpcError, match=why):
        content.check_value(bad)


def test_arrays_may_hold_maps_that_hold_arrays():
    content.check_value(value([{"a": [{"b": [1]}]}]))


def test_timestamps_are_cut_to_microseconds():
    moment = Value(timestamp_value={"seconds": 5, "nanos": 123_456_789})
    content.check_value(value({"deep": [moment]}))
    content.check_value(moment)
    assert moment.timestamp_value.nanos == 123_456_000


def test_a_document_of_exactly_one_mebibyte_is_accepted_and_a_byte_more_is_not():
    # 32 for the document, 16 + 2 + 2 for its name, 2 and 1 for each field, as the documentation counts.
    room = content.MAX_DOCUMENT_BYTES - 32 - 20 - 2 * 3
    content.check_size(document("a/b", {"s": "x" * (room - 1000), "t": "x" * 1000}))
    with pytest.raises(RpcError, match="1048577 bytes"):
        content.check_size(document("a/b", {"s": "x" * (room - 1000), "t": "x" * 1001}))


@settings(deadline=None)
@given(anything)
def test_the_size_that_is_counted_is_never_more_than_four_times_the_encoding(anything):
    made = document("a/b", {"f": anything})
    assert content._fields_size(made.fields) <= 4 * made.ByteSize() + 900
