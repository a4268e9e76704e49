"""The truth table of preconditions, and reading them from a request."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.errors import Refusal
from localcloud.storage.preconditions import ABSENT, Preconditions, Version, from_headers, from_parameters

THERE = Version(generation=7, metageneration=2, etag="e")


def outcome(wanted: Preconditions, found: Version, *, reading: bool) -> int:
    try:
        wanted.check(found, reading=reading)
    except Refusal as refusal:
        return refusal.kind.status
    return 200


@pytest.mark.parametrize(
    ("wanted", "there", "reader_there", "absent"),
    [
        ({}, 200, 200, 200),
        ({"generation_match": 0}, 412, 412, 200),
        ({"generation_match": 7}, 200, 200, 412),
        ({"generation_match": 8}, 412, 412, 412),
        ({"generation_not_match": 0}, 200, 200, 412),
        ({"generation_not_match": 7}, 412, 304, 200),
        ({"metageneration_match": 2}, 200, 200, 412),
        ({"metageneration_match": 1}, 412, 412, 412),
        ({"metageneration_not_match": 2}, 412, 304, 200),
        ({"metageneration_not_match": 1}, 200, 200, 200),
        ({"etag_match": ("e",)}, 200, 200, 412),
        ({"etag_match": ("*",)}, 200, 200, 412),
        ({"etag_match": ("x", "y")}, 412, 412, 412),
        ({"etag_not_match": ("e",)}, 412, 304, 200),
        ({"etag_not_match": ("*",)}, 412, 304, 200),
        ({"generation_match": 7, "generation_not_match": 7}, 412, 304, 412),
        ({"generation_match": 8, "generation_not_match": 7}, 412, 412, 412),
    ],
)
def test_conditions_hold_or_fail_as_google_has_it(wanted, there, reader_there, absent):
    conditions = Preconditions(**wanted)
    assert outcome(conditions, THERE, reading=False) == there
    assert outcome(conditions, THERE, reading=True) == reader_there
    assert outcome(conditions, ABSENT, reading=False) == absent


def test_conditions_are_read_whatever_the_case_of_their_names():
    given_ = {"ifGenerationMatch": "1", "IFMETAGENERATIONNOTMATCH": "2", "ifSourceGenerationMatch": "3"}
    assert from_parameters(given_) == Preconditions(generation_match=1, metageneration_not_match=2)
    assert from_parameters(given_, prefix="ifSource") == Preconditions(generation_match=3)


def test_headers_are_conditions_too():
    headers = {"x-goog-if-generation-match": "0", "if-match": 'W/"a", "b"', "if-none-match": "*"}
    assert from_headers(headers) == Preconditions(generation_match=0, etag_match=("a", "b"), etag_not_match=("*",))


@given(st.text(max_size=25) | st.integers().map(str) | st.text("+-0123456789", max_size=21))
def test_what_is_no_int64_is_refused(text):
    fits = re.fullmatch("[+-]?[0-9]{1,19}", text) and -(2**63) <= int(text) < 2**63
    if fits:
        assert from_parameters({"ifGenerationMatch": text}).generation_match == int(text)
    else:
        with pytest.raises(Refusal, match="InvalidArgument"):
            from_parameters({"ifGenerationMatch": text})
