from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from functions.analyze.intake.exif import read_exif
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Gps
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake import exif_blocks as x
from tests.unit.functions.analyze.intake.pictures import PHOTOS, needs_photos


def gps(tags: dict[int, x.Entry]) -> Gps | None:
    return read_exif(x.block({}, {}, tags))[1]


def known(tags: dict[int, x.Entry]) -> Gps:
    found = gps(tags)
    assert found is not None
    return found


def test_the_place_is_read_with_all_that_is_known_of_it() -> None:
    tags = x.place() | {
        x.ALT_REF: x.byte(0),
        x.ALT: x.rational((5195, 10)),
        x.ACCURACY: x.rational((48, 10)),
        x.DIRECTION: x.rational((1805, 10)),
        x.DATE: x.ascii_("2024:05:01"),
        x.CLOCK: x.rational((12, 1), (30, 1), (4550, 100)),
    }
    assert known(tags) == Gps(
        latitude=48.1375,
        longitude=11.575,
        altitude=519.5,
        accuracy=4.8,
        direction=180.5,
        time=datetime(2024, 5, 1, 12, 30, 45, 500_000, tzinfo=UTC),
    )


def test_where_the_camera_went_and_how_fast_is_read() -> None:
    tags = x.place() | {x.TRACK: x.rational((90, 1)), x.SPEED: x.rational((36, 1)), x.SPEED_REF: x.ascii_("K")}
    found = known(tags | {x.DIRECTION: x.rational((10, 1)), x.DIRECTION_REF: x.ascii_("M")})
    assert (found.course, found.speed, found.direction, found.magnetic) == (90, 10, 10, True)
    assert known(tags | {x.SPEED_REF: x.ascii_("N")}).speed == pytest.approx(18.52)
    assert known(tags | {x.SPEED_REF: x.ascii_("?")}).speed is None
    assert known(tags | {x.DIRECTION_REF: x.ascii_("T")}).magnetic is None


def test_a_rounded_place_is_a_kilometre_wide_and_tells_nothing_else() -> None:
    precise = known(x.place() | {x.ALT: x.rational((519, 1)), x.ACCURACY: x.rational((5, 1))})
    assert precise.rounded() == Gps(latitude=48.14, longitude=11.57, approximate=True)


def test_a_place_alone_is_enough() -> None:
    assert known(x.place()) == Gps(latitude=48.1375, longitude=11.575)


def test_south_west_and_below_the_sea_are_negative() -> None:
    tags = x.place(lat_ref=x.ascii_("S"), lon_ref=x.ascii_("w"))
    found = known(tags | {x.ALT_REF: x.byte(1), x.ALT: x.rational((3, 1))})
    assert (found.latitude, found.longitude, found.altitude) == (-48.1375, -11.575, -3.0)


def test_decimal_degrees_and_minutes_are_understood() -> None:
    found = known(x.place(lat=x.rational((481375, 10_000)), lon=x.rational((11, 1), (345, 10))))
    assert (found.latitude, found.longitude) == (48.1375, 11.575)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lat": x.rational((91, 1), (0, 1), (0, 1))},
        {"lat": x.rational((90, 1), (1, 1), (0, 1))},
        {"lon": x.rational((181, 1), (0, 1), (0, 1))},
        {"lat": x.rational((48, 1), (61, 1), (0, 1))},
        {"lat": x.rational((48, 1), (8, 1), (61, 1))},
        {"lat": x.rational((48, 0), (8, 1), (15, 1))},
        {"lat": x.rational((48, 1), (8, 1), (0, 0))},
        {"lat": x.double(math.nan, 0, 0)},
        {"lat": x.double(math.inf, 0, 0)},
        {"lat": x.double(-48, 0, 0)},
        {"lat": x.rational((1, 1), (1, 1), (1, 1), (1, 1))},
        {"lat": x.ascii_("48.1")},
        {"lat_ref": x.ascii_("E")},
        {"lat_ref": x.ascii_("")},
        {"lon_ref": x.short(3)},
    ],
    ids=str,
)
def test_a_coordinate_that_cannot_be_true_is_no_place(wrong: dict[str, x.Entry]) -> None:
    assert gps(x.place(**wrong)) is None


@pytest.mark.parametrize("missing", [x.LAT, x.LAT_REF, x.LON, x.LON_REF])
def test_half_a_coordinate_is_no_place(missing: int) -> None:
    tags = x.place()
    del tags[missing]
    assert gps(tags) is None


def test_a_camera_that_still_searches_for_satellites_is_not_in_the_gulf_of_guinea() -> None:
    nowhere = x.rational((0, 1), (0, 1), (0, 1))
    assert gps(x.place(lat=nowhere, lon=nowhere)) is None


@pytest.mark.parametrize(
    ("tag", "entry"),
    [
        (x.ALT, x.rational((1, 0))),
        (x.ALT, x.rational((4_000_000, 1))),
        (x.ACCURACY, x.double(math.nan)),
        (x.ACCURACY, x.double(-5)),
        (x.DIRECTION, x.rational((361, 1))),
        (x.CLOCK, x.rational((25, 1), (0, 1), (0, 1))),
        (x.CLOCK, x.rational((12, 1), (30, 1))),
    ],
)
def test_what_else_is_nonsense_is_left_out_and_the_place_stays(tag: int, entry: x.Entry) -> None:
    assert known(x.place() | {x.DATE: x.ascii_("2024:05:01"), tag: entry}) == Gps(latitude=48.1375, longitude=11.575)


@pytest.mark.parametrize("date", ["2024:13:01", "0000:00:00", "soon"])
def test_a_date_that_is_none_gives_no_time(date: str) -> None:
    clock = {x.CLOCK: x.rational((12, 1), (0, 1), (0, 1)), x.DATE: x.ascii_(date)}
    assert known(x.place() | clock).time is None


@needs_photos
def test_a_real_place_is_read() -> None:
    judged = judge_photo((PHOTOS / "gps_DSCN0010.jpg").read_bytes(), policy=default_policy())
    assert judged.gps is not None
    assert judged.gps.latitude == pytest.approx(43.46745, abs=1e-5)
    assert judged.gps.longitude == pytest.approx(11.88513, abs=1e-5)
    assert judged.gps.time == datetime(2008, 10, 23, 14, 27, 7, 240_000, tzinfo=UTC)
