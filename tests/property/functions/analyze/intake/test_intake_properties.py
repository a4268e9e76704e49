from __future__ import annotations

import functools
from datetime import datetime

import cv2
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from functions.analyze.intake.exif import read_exif
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.metrics import _BRIGHT, _glare
from functions.analyze.intake.quality import grade, points
from functions.analyze.intake.verdict import Judged
from shared.model.quality import Rule, default_policy
from tests.unit.functions.analyze.intake import exif_blocks as x
from tests.unit.functions.analyze.intake.pictures import PHOTOS, encoded, scene

POLICY = default_policy()
ENCODERS = ("JPEG", "PNG", "WEBP", "AVIF")
BEGINNINGS = (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"\x00\x00\x00\x1cftypavif")
EXIF = x.block({x.MAKE: x.ascii_("Loupe camera")}, {x.TAKEN: x.ascii_("2024:05:01 14:30:00")}, x.place())

some = functools.partial(settings, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@functools.cache
def sources() -> tuple[bytes, ...]:
    """Small whole files of every format, some with metadata; real ones too where there are any."""
    small = scene(240, 230)
    drawn = [encoded(small, encoder, exif=EXIF) for encoder in ENCODERS]
    drawn += [encoded(small, progressive=True), encoded(small.quantize(16), "PNG", transparency=3)]
    real = ("exif_canon40d_tiny.jpg", "color_classic_mini.jpg", "robust_png_decompression_dos.png")
    return (*drawn, *((PHOTOS / name).read_bytes() for name in real if (PHOTOS / name).exists()))


def judge(data: bytes) -> Judged:
    judged = judge_photo(data, policy=POLICY)
    assert judged.verdict in {"accepted", "rejected"}
    assert (judged.verdict == "rejected") == bool(judged.reason) == bool(judged.message)
    assert (judged.verdict == "accepted") == (judged.normalized is not None) == (judged.thumbnail is not None)
    return judged


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real file with bytes changed, put in, cut out or doubled."""
    data = bytearray(draw(st.sampled_from(sources())))
    for _ in range(draw(st.integers(1, 6))):
        # Headers and metadata are at the beginning, and that is where it hurts.
        at = draw(st.one_of(st.integers(0, min(700, len(data))), st.integers(0, len(data))))
        length = draw(st.integers(0, 40))
        match draw(st.sampled_from(("change", "insert", "cut", "double", "truncate"))):
            case "change":
                data[at : at + length] = draw(st.binary(min_size=length, max_size=length))
            case "insert":
                data[at:at] = draw(st.binary(max_size=40))
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length * 20]
            case _:
                del data[max(at, 12) :]
    return bytes(data)


@some(max_examples=300)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
def test_any_bytes_get_a_verdict(beginning: bytes, rest: bytes) -> None:
    judge(beginning + rest)


@some(max_examples=350)
@given(mutated())
def test_any_damage_gets_a_verdict(data: bytes) -> None:
    judge(data)


@some(max_examples=300)
@given(st.binary(max_size=300), st.integers(0, len(EXIF)), st.integers(0, 60))
def test_no_exif_block_raises(noise: bytes, at: int, length: int) -> None:
    read_exif(EXIF[:at] + noise + EXIF[at + length :])


def rational(degrees: float) -> tuple[tuple[int, int], ...]:
    """Degrees, minutes and seconds, as cameras write them."""
    whole, minutes = divmod(abs(degrees) * 60, 60)
    return (int(whole), 1), (int(minutes), 1), (round(minutes % 1 * 60 * 10_000), 10_000)


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_every_place_on_earth_is_read_as_it_was_written(latitude: float, longitude: float) -> None:
    tags = {
        x.LAT_REF: x.ascii_("S" if latitude < 0 else "N"),
        x.LAT: x.rational(*rational(latitude)),
        x.LON_REF: x.ascii_("W" if longitude < 0 else "E"),
        x.LON: x.rational(*rational(longitude)),
    }
    _, place = read_exif(x.block({}, {}, tags))
    if place is None:
        assert max(abs(latitude), abs(longitude)) < 1e-6
    else:
        assert abs(place.latitude - latitude) < 1e-6
        assert abs(place.longitude - longitude) < 1e-6


@given(st.datetimes(min_value=datetime(1000, 1, 1)), st.integers(0, 999), st.text(max_size=8))  # noqa: DTZ001
def test_every_time_is_iso_8601_whatever_stands_beside_it(moment: datetime, fraction: int, offset: str) -> None:
    shot = {
        x.TAKEN: x.ascii_(moment.strftime("%Y:%m:%d %H:%M:%S")),
        x.FRACTION_TAKEN: x.ascii_(f"{fraction:03}"),
        x.OFFSET_TAKEN: x.ascii_(offset.encode("utf-8", "replace")),
    }
    taken = read_exif(x.block({}, shot))[0].taken_at
    assert taken is not None
    read = datetime.fromisoformat(taken)
    assert read.replace(tzinfo=None) == moment.replace(microsecond=fraction * 1000)


@some(max_examples=60)
@given(st.integers(224, 500), st.integers(224, 500), st.integers(1, 8), st.sampled_from(ENCODERS))
def test_what_is_accepted_is_upright_and_keeps_its_shape(
    width: int, height: int, orientation: int, encoder: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    judged = judge(encoded(scene(width, height), encoder, exif=exif))
    upright = (height, width) if orientation >= 5 else (width, height)
    assert (judged.width, judged.height) == upright
    assert judged.normalized is not None
    assert (judged.normalized.width, judged.normalized.height) == upright


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3, unique=True))
def test_points_rise_towards_the_good_value_and_halve_at_the_warning(
    one: float, other: float, bounds: list[float]
) -> None:
    worst, warn, good = sorted(bounds)
    rule = Rule(reason="R", metric="m", worst=worst, warn=warn, good=good)
    low, high = sorted((one, other))
    assert 0 <= points(rule, low) <= points(rule, high) <= 100
    assert (points(rule, one) < 50) == (one < warn)
    mirrored = Rule(reason="R", metric="m", worst=-worst, warn=-warn, good=-good)
    assert points(mirrored, -one) == points(rule, one)


METRICS = {rule.metric for rule in POLICY.rules} | {part.metric for rule in POLICY.rules for part in rule.when}


@given(st.fixed_dictionaries({metric: st.floats(0, 1000) | st.floats(0, 1) for metric in sorted(METRICS)}))
def test_a_score_under_fifty_comes_with_a_warning_and_no_other_does(metrics: dict[str, float]) -> None:
    quality, warnings = grade(metrics, POLICY)
    assert 0 <= quality.score <= 100
    assert (quality.score < 50) == bool(warnings)


@some(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 799), st.integers(0, 599), st.integers(1, 60), st.integers(200, 255)), max_size=5
    ),
    st.floats(0, 9),
)
def test_looking_for_glare_only_where_something_is_burnt_out_misses_none(lamps, spread: float) -> None:
    grey = np.full((600, 800), 90, np.uint8)
    for across, down, radius, value in lamps:
        cv2.circle(grey, (across, down), radius, value, -1)
    if spread >= 0.5:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), spread), dtype=np.uint8)
    assert _glare(grey, bright=int((grey >= _BRIGHT).sum())) == _glare(grey, bright=grey.size)
