from __future__ import annotations

import pytest
from PIL import Image

from functions.analyze.intake import screen
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Judged
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.pictures import HEIC, encoded, scene

POLICY = default_policy()


def judge(data: bytes, declared_type: str | None = None) -> Judged:
    return judge_photo(data, declared_type=declared_type, policy=POLICY)


@pytest.mark.parametrize(
    ("encoder", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/avif")],
)
def test_the_type_is_found_by_content(encoder: str, media_type: str) -> None:
    judged = judge(encoded(scene(), encoder))
    assert (judged.verdict, judged.type) == ("accepted", media_type)


@pytest.mark.parametrize(
    "declared", ["image/jpeg", "IMAGE/JPEG; q=1", "image/jpg", "", None, "application/octet-stream"]
)
def test_a_type_that_agrees_or_says_nothing_is_fine(declared: str | None) -> None:
    assert judge(encoded(scene()), declared).verdict == "accepted"


@pytest.mark.parametrize("declared", ["image/png", "text/html", "nonsense", "image/\ud800\x1b[31m"])
def test_a_type_that_disagrees_is_a_mismatch(declared: str) -> None:
    judged = judge(encoded(scene()), declared)
    assert (judged.verdict, judged.reason, judged.type) == ("rejected", "TYPE_MISMATCH", "image/jpeg")
    assert "image/jpeg" in (judged.message or "")
    assert (judged.message or "").isprintable()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp41isom" + bytes(64), "video"),
        (encoded(scene(), "GIF"), "GIF"),
        (encoded(scene(), "TIFF"), "TIFF"),
        (encoded(scene(), "BMP"), "BMP"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04" + bytes(30), "ZIP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf <!DOCTYPE html><script>alert(1)</script>", "HTML"),
        (b"hello", "not a photo"),
        (b"\xff", "not a photo"),
    ],
)
def test_other_files_are_refused_by_name_and_told_what_to_send(data: bytes, named: str) -> None:
    judged = judge(data, "image/jpeg")
    assert (judged.verdict, judged.reason, judged.type) == ("rejected", "UNSUPPORTED_TYPE", None)
    assert named in (judged.message or "")
    assert "JPEG" in (judged.message or "")
    assert judged.size == len(data)


@pytest.mark.parametrize("declared", ["image/heic", "image/heif", None])
def test_heic_is_heif(declared: str | None) -> None:
    judged = judge((HEIC / "sideways.heic").read_bytes(), declared)
    assert (judged.verdict, judged.type) == ("accepted", "image/heic")


def test_heic_is_refused_with_advice_where_its_decoder_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "reads_heic", lambda: False)
    judged = judge((HEIC / "sideways.heic").read_bytes(), "image/heic")
    assert (judged.reason, judged.type) == ("UNSUPPORTED_TYPE", None)
    assert "HEIC" in (judged.message or "")
    assert "Most Compatible" in (judged.message or "")


def test_zero_bytes_are_an_empty_file() -> None:
    judged = judge(b"", "image/jpeg")
    assert (judged.reason, judged.size) == ("EMPTY_FILE", 0)


def test_a_file_over_twenty_megabytes_is_not_even_opened() -> None:
    judged = judge(encoded(scene()) + bytes(POLICY.limits.max_bytes))
    assert judged.reason == "TOO_LARGE"
    assert "20 MB" in (judged.message or "")
    assert judged.width is None


def test_the_hash_and_size_are_those_of_the_file_whatever_the_verdict() -> None:
    judged = judge(b"hello")
    assert judged.size == 5
    assert judged.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_what_follows_a_photo_in_its_file_does_not_matter_and_does_not_survive() -> None:
    data = encoded(scene()) + b"<script>alert(1)</script>PK\x03\x04"
    judged = judge(data)
    assert judged.verdict == "accepted"
    assert judged.normalized is not None
    assert b"<script>" not in judged.normalized.data


def test_a_second_picture_behind_a_jpeg_is_let_be_as_phones_put_it_there() -> None:
    data = encoded(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])
    assert judge(data).verdict == "accepted"
