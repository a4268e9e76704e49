from __future__ import annotations

import math

import pytest

from functions.analyze.intake.exif import read_exif
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Exif
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake import exif_blocks as x
from tests.unit.functions.analyze.intake.pictures import PHOTOS, encoded, needs_photos, png_chunk, scene


def camera(*directories: dict[int, x.Entry]) -> Exif:
    return read_exif(x.block(*directories))[0]


def test_the_camera_and_the_shot_are_read() -> None:
    main = {x.MAKE: x.ascii_("Loupe"), x.MODEL: x.ascii_("One"), x.ORIENTATION: x.short(6), x.SOFTWARE: x.ascii_("1.2")}
    shot = {
        x.EXPOSURE: x.rational((1, 250)),
        x.F_NUMBER: x.rational((18, 10)),
        x.ISO: x.short(400),
        x.TAKEN: x.ascii_("2024:05:01 14:30:00"),
        x.OFFSET_TAKEN: x.ascii_("+02:00"),
        x.FOCAL: x.rational((425, 100)),
        x.FOCAL35: x.short(26),
        x.FLASH: x.short(0x19),
        x.LENS: x.ascii_("Back camera 4.25mm f/1.8"),
    }
    assert camera(main, shot) == Exif(
        make="Loupe",
        model="One",
        lens="Back camera 4.25mm f/1.8",
        software="1.2",
        taken_at="2024-05-01T14:30:00+02:00",
        orientation=6,
        exposure_time=0.004,
        f_number=1.8,
        iso=400,
        focal_length=4.25,
        focal_length35=26,
        flash=True,
    )


def test_fractions_of_a_second_and_a_later_scan_are_read() -> None:
    shot = {
        x.TAKEN: x.ascii_("1998:07:12 21:00:00"),
        x.FRACTION_TAKEN: x.ascii_("250"),
        x.DIGITIZED: x.ascii_("2024:05:01 14:30:00"),
        x.BIAS: x.signed(-2, 3),
    }
    read = camera({}, shot)
    assert (read.taken_at, read.digitized_at) == ("1998-07-12T21:00:00.25", "2024-05-01T14:30:00")
    assert read.exposure_bias == pytest.approx(-2 / 3)
    for none in ("now", "00", ""):
        assert camera({}, {**shot, x.FRACTION_TAKEN: x.ascii_(none)}).taken_at == "1998-07-12T21:00:00"


@pytest.mark.parametrize(
    ("limits", "lens"),
    [
        (((24, 1), (70, 1), (28, 10), (4, 1)), "24-70 mm f/2.8-4"),
        (((50, 1), (50, 1), (18, 10), (18, 10)), "50 mm f/1.8"),
        (((425, 100), (425, 100), (0, 0), (0, 0)), "4.25 mm"),
        (((0, 0), (0, 0), (0, 0), (0, 0)), None),
        (((24, 1), (70, 1)), None),
    ],
)
def test_a_lens_without_a_name_is_called_by_its_limits(limits: tuple[tuple[int, int], ...], lens: str | None) -> None:
    assert camera({}, {x.LENS_LIMITS: x.rational(*limits)}).lens == lens
    assert camera({}, {x.LENS_LIMITS: x.rational(*limits), x.LENS: x.ascii_("Named")}).lens == "Named"


@pytest.mark.parametrize("tag", [x.MAKE, x.ORIENTATION, x.SOFTWARE])
@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 7, 12, 99])
@pytest.mark.parametrize("count", [0, 2**16, 2**31, 2**32 - 1])
def test_a_tag_that_counts_more_than_there_is_breaks_nothing(tag: int, kind: int, count: int) -> None:
    read = camera({tag: (kind, count, b"\xff" * 8), x.MODEL: x.ascii_("One")})
    assert read.model in {"One", None}


def test_a_photo_without_exif_has_an_empty_record() -> None:
    assert read_exif(None) == (Exif(), None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"Caf\xc3\xa9", "Café"),
        (b"Caf\xe9", "Café"),
        (b"  NIKON   CORPORATION  ", "NIKON CORPORATION"),
        (b"one\x00two", "one"),
        (b"a\x1b[31m\nb", "a [31m b"),
        (b"   ", None),
        (b"x" * 5000, "x" * 200),
    ],
)
def test_text_is_cleaned(written: bytes, read: str | None) -> None:
    assert camera({x.MAKE: x.ascii_(written)}).make == read


@pytest.mark.parametrize(
    ("written", "offset", "read"),
    [
        ("2024:05:01 14:30:00", "-03:30", "2024-05-01T14:30:00-03:30"),
        ("2024:05:01 14:30:00", "Z", "2024-05-01T14:30:00Z"),
        ("2024:05:01 14:30:00", "+2", "2024-05-01T14:30:00"),
        ("2024:05:01 14:30:00", "+99:00", "2024-05-01T14:30:00"),
        ("0000:00:00 00:00:00", "+02:00", None),
        ("2024:02:30 14:30:00", "+02:00", None),
        ("    :  :     :  :  ", "+02:00", None),
        ("yesterday", "+02:00", None),
    ],
)
def test_times_are_iso_8601_or_nothing(written: str, offset: str, read: str | None) -> None:
    assert camera({}, {x.TAKEN: x.ascii_(written), x.OFFSET_TAKEN: x.ascii_(offset)}).taken_at == read


def test_the_time_of_the_file_stands_in_for_that_of_the_shot() -> None:
    assert camera({x.DATE_TIME: x.ascii_("2020:01:02 03:04:05")}).taken_at == "2020-01-02T03:04:05"


@pytest.mark.parametrize(
    "nonsense",
    [x.rational((1, 0)), x.rational((0, 0)), x.double(math.nan), x.double(math.inf), x.double(-1.0), x.ascii_("fast")],
    ids=["1/0", "0/0", "nan", "inf", "negative", "text"],
)
def test_numbers_that_are_none_are_left_out(nonsense: x.Entry) -> None:
    read = camera({}, {x.EXPOSURE: nonsense, x.F_NUMBER: x.rational((28, 10))})
    assert (read.exposure_time, read.f_number) == (None, 2.8)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_there_is_not_is_left_out(orientation: int) -> None:
    assert camera({x.ORIENTATION: x.short(orientation)}).orientation is None


def loop() -> bytes:
    """A directory whose pointers lead to itself."""
    data = bytearray(x.block({x.MAKE: x.ascii_("Loop")}, {x.ISO: x.short(100)}, x.place()))
    for at in range(len(data) - 12):
        if bytes(data[at : at + 4]) in {b"\x69\x87\x04\x00", b"\x25\x88\x04\x00"}:
            data[at + 8 : at + 12] = b"\x08\x00\x00\x00"
    return bytes(data)


BLOCK = x.block({x.MAKE: x.ascii_("Loupe camera")}, {x.TAKEN: x.ascii_("2024:05:01 14:30:00")}, x.place())


@pytest.mark.parametrize(
    "broken",
    [
        loop(),
        BLOCK[:30],
        BLOCK[:60],
        b"Exif\x00\x00",
        b"Exif\x00\x00" + bytes(64),
        b"\xff" * 600,
        bytes(2**20 + 1),
        "text",
    ],
    ids=["loop", "cut in a directory", "cut in a text", "nothing", "zeros", "ones", "huge", "text"],
)
def test_broken_exif_never_fails_a_photo(broken: bytes | str) -> None:
    assert isinstance(read_exif(broken)[0], Exif)
    if isinstance(broken, bytes) and len(broken) < 65_000:
        for encoder in ("JPEG", "WEBP"):
            assert judge_photo(encoded(scene(), encoder, exif=broken), policy=default_policy()).verdict == "accepted"


def test_every_cut_and_every_changed_byte_of_a_block_is_survived() -> None:
    for at in range(len(BLOCK)):
        assert isinstance(read_exif(BLOCK[:at])[0], Exif)
        for value in (0, 0x7F, 0xFF):
            assert isinstance(read_exif(BLOCK[:at] + bytes([value]) + BLOCK[at + 1 :])[0], Exif)


@pytest.mark.parametrize("encoder", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_format_brings_its_exif(encoder: str) -> None:
    judged = judge_photo(encoded(scene(), encoder, exif=BLOCK), policy=default_policy())
    assert judged.exif.make == "Loupe camera"
    assert judged.gps is not None


def test_a_rejected_photo_still_tells_its_camera() -> None:
    judged = judge_photo(encoded(scene(100, 100), exif=BLOCK), policy=default_policy())
    assert (judged.reason, judged.exif.make) == ("TOO_SMALL", "Loupe camera")


@needs_photos
def test_a_real_camera_is_read() -> None:
    judged = judge_photo((PHOTOS / "exif_canon40d_tiny.jpg").read_bytes(), policy=default_policy())
    assert (judged.exif.make, judged.exif.model) == ("Canon", "Canon EOS 40D")
    assert (judged.exif.taken_at, judged.exif.f_number) == ("2008-05-30T15:56:01", 7.1)


def test_exif_after_the_pixels_of_a_png_does_not_harm() -> None:
    data = encoded(scene(), "PNG")
    late = data[:-12] + png_chunk(b"eXIf", BLOCK[6:]) + data[-12:]
    assert judge_photo(late, policy=default_policy()).verdict == "accepted"
