"""Facts as people write them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.view import words


@given(st.text())
def test_nothing_harmful_is_left_of_any_text(text):
    left = {unicodedata.category(character) for character in words.harmless(text)}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_a_text_cannot_change_colours_or_turn_the_writing_direction():
    assert words.harmless("\x1b[31mred\u202e gpj.exe") == " [31mred  gpj.exe"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 bytes"), (999, "999 bytes"), (4_240_000, "4.2 MB"), (20_971_520, "21 MB")]
)
def test_sizes_are_said_in_the_unit_that_fits(count, said):
    assert words.size(count) == said


@given(st.text(max_size=200), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_is_never_longer_than_asked(text, length):
    assert len(words.shortened(text, length)) <= length


def test_a_camera_is_called_by_its_make_once():
    exif = {"make": "Canon", "model": "Canon EOS 40D", "exposureTime": 1 / 60, "fNumber": 2.8, "iso": 100}
    assert words.camera(exif) == "Canon EOS 40D · 1/60 s · f/2.8 · ISO 100"


def test_an_unknown_camera_is_not_spoken_of():
    assert words.camera({}) == words.taken({}) == words.place(None) == ""


def test_the_south_and_the_west_have_no_minus_signs():
    gps = {"latitude": -33.8568, "longitude": -151.2153, "altitude": 4.6}
    assert words.place(gps) == "33.85680° S, 151.21530° W, 5 m"


def test_a_long_exposure_is_said_in_seconds():
    assert words.camera({"exposureTime": 2.5}) == "2.5 s"
