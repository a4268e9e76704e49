from __future__ import annotations

import time

import pytest

from functions.analyze.intake import decode
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Judged
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.pictures import HEIC, PHOTOS, encoded, flat, needs_photos, png_bomb, scene

POLICY = default_policy()
ENCODERS = ("JPEG", "PNG", "WEBP", "AVIF")
TYPES = (*ENCODERS, "HEIC")
HEIC_PHOTO = (HEIC / "sideways.heic").read_bytes()


def judge(data: bytes) -> Judged:
    return judge_photo(data, policy=POLICY)


def test_a_bomb_of_400_megapixels_is_refused_in_milliseconds() -> None:
    bomb = png_bomb(20_000, 20_000)
    started = time.process_time()
    judged = judge(bomb)
    assert time.process_time() - started < 0.05
    assert judged.reason == "TOO_MANY_PIXELS"
    assert "20000 x 20000" in (judged.message or "")


def webp_of(width: int, height: int) -> bytes:
    """A WebP file whose header promises a canvas of that size."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + canvas + encoded(scene(64, 64), "WEBP")[12:]
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize(
    "data",
    [png_bomb(12_001, 224), png_bomb(7_200, 7_200), webp_of(16_383, 16_383), encoded(flat("gray", 12_001, 224))],
    ids=["side", "pixels", "webp", "jpeg"],
)
def test_too_many_pixels_are_refused_from_the_header(data: bytes) -> None:
    assert judge(data).reason == "TOO_MANY_PIXELS"


@pytest.mark.parametrize("size", [(223, 400), (400, 223), (1, 1)])
def test_a_photo_under_224_pixels_at_a_side_is_too_small(size: tuple[int, int]) -> None:
    judged = judge(encoded(flat("gray", *size), "PNG"))
    assert (judged.reason, judged.width, judged.height) == ("TOO_SMALL", *size)


def test_224_pixels_at_each_side_are_enough() -> None:
    assert judge(encoded(scene(224, 224))).verdict == "accepted"


@pytest.mark.parametrize("encoder", ["PNG", "WEBP", "AVIF"])
def test_an_animation_is_refused(encoder: str) -> None:
    frames = [scene(300, 300, seed=seed) for seed in range(3)]
    judged = judge(encoded(frames[0], encoder, save_all=True, append_images=frames[1:], duration=100))
    assert judged.reason == "MULTIPLE_FRAMES"
    assert "3 pictures" in (judged.message or "")


def test_more_than_one_picture_in_a_heic_file_is_refused() -> None:
    assert judge((HEIC / "three.heic").read_bytes()).reason == "MULTIPLE_FRAMES"


def test_a_progressive_jpeg_is_fine_and_one_of_too_many_scans_is_not() -> None:
    data = encoded(scene(), progressive=True)
    assert judge(data).verdict == "accepted"
    scan = data.rindex(b"\xff\xda")
    judged = judge(data[:-2] + data[scan:-2] * POLICY.limits.max_progressive_scans + data[-2:])
    assert judged.reason == "TOO_COMPLEX"
    assert "110 scans; at most 100" in (judged.message or "")


def test_a_progressive_jpeg_has_a_limit_of_pixels_of_its_own() -> None:
    large = scene(800, 600).resize((6000, 4500))
    assert judge(encoded(large, quality=50)).verdict == "accepted"
    judged = judge(encoded(large, quality=50, progressive=True))
    assert judged.reason == "TOO_COMPLEX"
    assert "27.0 million pixels; at most 25 million" in (judged.message or "")


@pytest.mark.parametrize(
    "bomb",
    [
        png_bomb(7_000, 7_000, level=9),
        png_bomb(7_000, 7_000, channels=3, level=9),
        encoded(flat("gray", 6000, 4500), "WEBP"),
    ],
    ids=["grey", "rgb", "webp"],
)
def test_more_pixels_than_a_photo_packs_into_so_little_are_refused_from_the_header(bomb: bytes) -> None:
    started = time.process_time()
    judged = judge(bomb)
    assert time.process_time() - started < 0.05
    assert judged.reason == "TOO_COMPRESSED"
    assert f"{len(bomb)} bytes" in (judged.message or "")


def test_an_even_photo_of_a_camera_is_not_taken_for_a_bomb() -> None:
    assert judge(encoded(flat("black", 8064, 6048))).reason == "EMPTY"


@pytest.mark.parametrize("at", [20, 40, 3000, -6])
def test_a_changed_byte_anywhere_in_a_png_is_seen(at: int) -> None:
    data = bytearray(encoded(scene(300, 300), "PNG"))
    data[at] ^= 1
    assert judge(bytes(data)).reason in {"UNREADABLE", "TOO_MANY_PIXELS"}


def test_a_run_of_zeros_in_a_jpeg_is_seen() -> None:
    data = encoded(scene(900, 700))
    middle = len(data) // 2
    assert judge(data[:middle] + bytes(200) + data[middle + 200 :]).reason == "UNREADABLE"


@pytest.mark.parametrize("data", [*(encoded(scene(300, 300), name) for name in ENCODERS), HEIC_PHOTO], ids=TYPES)
def test_a_file_cut_off_anywhere_is_unreadable(data: bytes) -> None:
    ends = [len(data) * part // 64 for part in range(1, 64)] + [len(data) - 1]
    assert {judge(data[:end]).reason for end in ends} <= {"UNREADABLE", "UNSUPPORTED_TYPE"}
    assert judge(data[: ends[-1]]).message == "The photo is damaged or incomplete. Send it again, or take a new one."


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"\xff" * 5000,
        b"\xff\xd8\xff\xe0\x00\x02" * 2000,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF\x00\x00\x00\x00WEBP",
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(100),
        b"\x00\x00\x00\x1cftypavif" + bytes(100),
        b"\x00\x00\x00\x1cftypheic" + bytes(100),
    ],
)
def test_a_right_beginning_and_nothing_behind_it_is_unreadable(data: bytes) -> None:
    assert judge(data).reason == "UNREADABLE"


@needs_photos
def test_a_text_chunk_that_unpacks_to_gigabytes_is_unreadable() -> None:
    judged = judge((PHOTOS / "robust_png_decompression_dos.png").read_bytes())
    assert (judged.verdict, judged.reason) == ("rejected", "UNREADABLE")


def test_memory_that_cannot_be_had_is_a_reason_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decode, "upright", fail)
    assert judge(encoded(scene())).reason == "TOO_MUCH_MEMORY"
