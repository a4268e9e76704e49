"""What is kept of the place where a photo was taken: what the user consented to, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from functions.analyze.intake.verdict import Gps
from functions.analyze.photos import _place
from shared.model.job import Consent

PLACE = Gps(
    latitude=48.1374567,
    longitude=11.5754321,
    altitude=519.5,
    accuracy=4.8,
    direction=180.5,
    course=90,
    speed=1.5,
    time=datetime(2024, 5, 1, 12, tzinfo=UTC),
)


def test_without_consent_nothing_is_kept() -> None:
    assert _place(PLACE, Consent()) is None


def test_with_consent_all_of_it_is_kept() -> None:
    kept = _place(PLACE, Consent(location=True))
    assert kept is not None
    assert (kept["latitude"], kept["longitude"], kept["altitude"]) == (48.1374567, 11.5754321, 519.5)
    assert kept["approximate"] is False
    assert _place(PLACE, Consent(location=True, approximate_location=True)) == kept


def test_with_consent_to_an_approximate_place_only_rounded_coordinates_are_kept() -> None:
    kept = _place(PLACE, Consent(approximate_location=True))
    assert kept is not None
    told = {name: value for name, value in kept.items() if value is not None}
    assert told == {"latitude": 48.14, "longitude": 11.58, "approximate": True}


def test_no_place_is_no_place() -> None:
    assert _place(None, Consent(location=True, approximate_location=True)) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_rounded_place_is_near_and_still_on_earth(latitude: float, longitude: float) -> None:
    rounded = Gps(latitude=latitude, longitude=longitude).rounded()
    assert abs(rounded.latitude - latitude) <= 0.005001
    assert abs(rounded.longitude - longitude) <= 0.005001
    assert abs(rounded.latitude) <= 90
    assert abs(rounded.longitude) <= 180
