from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from functions.analyze.intake.check import judge_file
from functions.analyze.intake.guard import Guard, GuardStarvedError
from functions.analyze.intake.verdict import Judged
from tests.unit.functions.analyze.intake import exif_blocks as x
from tests.unit.functions.analyze.intake.pictures import PHOTOS, ROOT, encoded, flat, needs_photos, png_bomb, scene

KEYS = {
    "file",
    "verdict",
    "reason",
    "message",
    "warnings",
    "type",
    "width",
    "height",
    "sha256",
    "exif",
    "gps",
    "quality",
}
COMMAND = [sys.executable, "-m", "functions.analyze.intake.check"]


def check(*files: str | Path | bytes) -> list[dict[str, Any]]:
    """The lines that the command prints about files, after a look at its other manners."""
    finished = subprocess.run([*COMMAND, *files], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert (finished.returncode, finished.stderr) == (0, b"")
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_photo_is_told_in_one_line(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(encoded(scene(), exif=x.block({x.MAKE: x.ascii_("Loupe")}, {}, x.place())))
    (line,) = check(photo)
    assert set(line) >= KEYS
    assert not {"normalized", "thumbnail", "pixels"} & set(line)
    assert line["file"] == str(photo)
    assert (line["verdict"], line["reason"], line["message"], line["warnings"]) == ("accepted", None, None, [])
    assert (line["type"], line["width"], line["height"]) == ("image/jpeg", 640, 480)
    assert line["exif"]["make"] == "Loupe"
    assert line["exif"]["takenAt"] is None
    assert (line["gps"]["latitude"], line["gps"]["longitude"], line["gps"]["altitude"]) == (48.1375, 11.575, None)
    assert 0 <= line["quality"]["score"] <= 100
    assert "lap90" in line["quality"]["metrics"]


def test_every_file_has_its_line_in_order_and_every_line_has_every_key(tmp_path: Path) -> None:
    files = {
        "good.png": encoded(scene(), "PNG"),
        "black.jpg": encoded(flat("black")),
        "small.jpg": encoded(scene(100, 100)),
        "cut.jpg": encoded(scene())[:4000],
        "nothing.jpg": b"",
        "words.jpg": b"hello",
        "bomb.png": png_bomb(20_000, 20_000),
        "last.webp": encoded(scene(), "WEBP"),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    lines = check(*(tmp_path / name for name in files))
    assert [line["file"] for line in lines] == [str(tmp_path / name) for name in files]
    assert all(set(line) >= KEYS for line in lines)
    assert [line["reason"] for line in lines] == [
        *(None, "EMPTY", "TOO_SMALL", "UNREADABLE", "EMPTY_FILE", "UNSUPPORTED_TYPE", "TOO_MANY_PIXELS", None),
    ]
    assert all(bool(line["message"]) == (line["verdict"] == "rejected") for line in lines)


def test_what_is_no_file_is_rejected_like_everything_else(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(2**33)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    names: list[str | Path] = [
        tmp_path / "missing.jpg",
        tmp_path,
        tmp_path / "pipe",
        "/dev/null",
        huge,
        huge / "below",
        tmp_path / "loop",
    ]
    lines = check(*names, "x" * 5000)
    assert [line["reason"] for line in lines] == [
        *("FILE_NOT_FOUND", "NOT_A_FILE", "NOT_A_FILE", "NOT_A_FILE", "TOO_LARGE", "FILE_NOT_FOUND"),
        *("NOT_READABLE", "NOT_READABLE"),
    ]
    assert all(set(line) >= KEYS and line["verdict"] == "rejected" and line["message"] for line in lines)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_readable(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(encoded(scene()))
    secret.chmod(0)
    assert check(secret)[0]["reason"] == "NOT_READABLE"


def test_a_name_that_is_no_text_does_not_spoil_its_line(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9\n.jpg"
    Path(os.fsdecode(name)).write_bytes(encoded(scene()))
    (line,) = check(name)
    assert line["verdict"] == "accepted"
    assert line["file"].endswith("/caf\ufffd\n.jpg")


def test_a_name_is_given_back_as_it_was_written(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "a.png")
    written = f"{tmp_path}/./a.png"
    assert check(written)[0]["file"] == written


def test_names_come_by_standard_input_as_well(tmp_path: Path) -> None:
    names = [b"a.jpg", b"caf\xe9\n.jpg", b"-x.jpg"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    command = [*COMMAND, "--names"]
    given = b"".join(os.fsencode(tmp_path) + b"/" + name + b"\0" for name in names)
    finished = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, check=True, timeout=60)
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [line["reason"] for line in lines] == ["EMPTY_FILE"] * 3
    assert [line["file"].rpartition("/")[2] for line in lines] == ["a.jpg", "caf\ufffd\n.jpg", "-x.jpg"]


def test_no_file_is_a_wrong_use() -> None:
    finished = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert "usage" in finished.stderr


def test_a_reader_that_goes_away_or_an_interrupt_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(scene()))
    for end in ("close", "interrupt"):
        command = [*COMMAND, *[str(tmp_path / "a.jpg")] * 300]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.readline()
            running.stdout.close() if end == "close" else running.send_signal(signal.SIGINT)
            assert b"Traceback" not in running.stderr.read()


@needs_photos
def test_every_real_photo_is_judged() -> None:
    files = sorted(PHOTOS.iterdir())
    lines = {Path(line["file"]).name: line for line in check(*files)}
    assert set(lines) == {file.name for file in files}
    rejected = {name: line["reason"] for name, line in lines.items() if line["verdict"] == "rejected"}
    assert rejected == {
        "LICENSES.md": "UNSUPPORTED_TYPE",
        "exif_canon40d_tiny.jpg": "TOO_SMALL",
        "orient_hopper_6.jpg": "TOO_SMALL",
        "robust_png_decompression_dos.png": "UNREADABLE",
        "robust_truncated_jpeg.jpg": "UNREADABLE",
    }
    place = lines["gps_DSCN0010.jpg"]["gps"]
    assert (round(place["latitude"], 4), round(place["longitude"], 4)) == (43.4674, 11.8851)


def test_a_photo_whose_child_hardly_got_the_cpu_is_judged_all_the_same_and_says_so(tmp_path: Path) -> None:
    class Starved(Guard):
        def judge(self, data: bytes, *, declared_type: str | None = None) -> Judged:
            del data, declared_type
            raise GuardStarvedError("no CPU time to spare")

    (tmp_path / "photo.jpg").write_bytes(encoded(scene()))
    judged = judge_file(str(tmp_path / "photo.jpg"), Starved())
    assert (judged.verdict, judged.reason) == ("rejected", "DECODER_TIMEOUT")
