"""Damaged photos through the guard: a slice of what `make fuzz` does, and the machinery of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.functions.analyze.intake.pictures import HEIC, PHOTOS
from tools.fuzz.campaign import MEMORY, run
from tools.fuzz.mutation import MUTATIONS, mutant
from tools.fuzz.parts import join, split
from tools.fuzz.seeds import drawn, seeds

SLICE = 600  # mutants


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    return seeds(HEIC, *((PHOTOS,) if PHOTOS.is_dir() else ()))


def test_every_damaged_photo_gets_a_verdict_and_harms_no_other(whole: list[bytes]) -> None:
    found = run(range(SLICE), whole, children=2)
    assert found.broken == []
    assert found.judged == SLICE
    assert found.largest <= MEMORY
    assert found.children == 2
    assert {"UNREADABLE", "accepted"} <= set(found.verdicts)


def test_the_pieces_of_a_file_are_the_file() -> None:
    for data in drawn():
        pieces = split(data)
        assert len(pieces) > 1
        assert b"".join(pieces) == data
        assert join(pieces) == data


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\0\0\0\x1cftyp"]))
def test_no_bytes_are_lost_when_anything_is_taken_apart(data: bytes, beginning: bytes) -> None:
    assert b"".join(split(beginning + data)) == beginning + data
    join(split(beginning + data))


def test_a_number_is_always_the_same_mutant(whole: list[bytes]) -> None:
    assert [mutant(number, whole) for number in range(40)] == [mutant(number, whole) for number in range(40)]
    assert len({mutant(number, whole) for number in range(200)}) > 150


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_survives_nothing_at_all(name: str) -> None:
    for data in (b"", b"x", b"\xff\xd8", b"RIFF"):
        assert isinstance(MUTATIONS[name](random.Random(1), data, [b"", b"y"]), bytes)
