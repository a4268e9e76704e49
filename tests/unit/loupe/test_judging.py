"""Which files `loupe check` judges, and how it counts and writes down what is said of them."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from loupe.judging.files import find
from loupe.judging.rows import HEADER, header, row
from loupe.view.verdicts import MANY, Tally, table

GOOD = {
    "file": "a.jpg",
    "verdict": "accepted",
    "reason": None,
    "message": None,
    "warnings": [{"reason": "DARK", "message": "The photo is dark."}, {"reason": "BLURRY", "message": "Hold still."}],
    "type": "image/jpeg",
    "width": 640,
    "height": 480,
    "size": 1234,
    "sha256": "ab" * 32,
    "exif": {"make": "=HYPERLINK(1)", "model": None, "takenAt": "2024-05-01T14:30:00"},
    "gps": {"latitude": -43.5, "longitude": 11.25, "altitude": None},
    "quality": {"score": 40, "metrics": {"mean": 12.5, "p95": 60.0}, "policyVersion": "1"},
}
BAD = {"file": "b.jpg", "verdict": "rejected", "reason": "UNREADABLE", "message": "Damaged.", "exif": {}, "gps": None}
FINE = {**GOOD, "warnings": []}


def cells(line: str) -> dict[str, str]:
    (found,) = csv.reader(io.StringIO(line, newline=""))
    return dict(zip(HEADER, found, strict=True))


def test_a_folder_stands_for_all_files_in_it_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.jpg", "deep/er/c.png", ".hidden/d.jpg", ".e.jpg", "Z.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    found = find([tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found.files] == [
        "Z.txt",
        "a.jpg",
        "b.jpg",
        "pipe",
        "deep/er/c.png",
    ]
    assert found.closed == ()


def test_links_that_go_round_end(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jpg").write_bytes(b"x")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert [path.name for path in find([tmp_path]).files] == ["self", "a.jpg"]


def test_what_is_named_is_judged_whatever_it_is(tmp_path: Path) -> None:
    named = [tmp_path / "missing.jpg", tmp_path / ".hidden.jpg", Path("/dev/null")]
    assert find(named).files == tuple(named)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir(mode=0)
    assert [folder.name for folder, _ in find([tmp_path]).closed] == ["secret"]


def test_a_verdict_is_a_row() -> None:
    found = cells(row(GOOD))
    assert (found["file"], found["verdict"], found["score"]) == ("a.jpg", "accepted", "40")
    assert (found["warnings"], found["metrics"]) == ("DARK BLURRY", "mean=12.5 p95=60.0")
    assert (found["latitude"], found["altitude"], found["takenAt"]) == ("-43.5", "", "2024-05-01T14:30:00")
    assert cells(row(BAD))["reason"] == "UNREADABLE"
    assert tuple(cells(header())) == HEADER


def test_no_cell_is_a_formula_for_a_spreadsheet() -> None:
    assert cells(row(GOOD))["make"] == "'=HYPERLINK(1)"
    assert cells(row({**BAD, "file": "@SUM(1)"}))["file"] == "'@SUM(1)"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_name_comes_back_from_csv_in_one_cell(name: str) -> None:
    assert cells(row({**BAD, "file": name}))["file"].removeprefix("'") == name.removeprefix("'")


def test_the_summary_counts_verdicts_reasons_and_warnings() -> None:
    tally = Tally()
    for verdict in (GOOD, FINE, BAD, BAD):
        tally.count(verdict)
    assert (tally.judged, tally.rejected) == (4, 2)
    assert tally.summary().startswith("4 files in ")
    assert tally.summary().endswith("2 accepted (1 BLURRY, 1 DARK); 2 rejected (2 UNREADABLE).")


def test_of_many_files_the_table_lists_those_with_a_remark() -> None:
    verdicts = [FINE] * MANY + [GOOD, BAD]
    shown = table(verdicts, [f"{number}.jpg" for number in range(len(verdicts))])
    assert shown.row_count == 2
    assert str(MANY) in str(shown.caption)
    assert table([FINE] * MANY, ["x"] * MANY).row_count == MANY


def test_a_table_shows_nothing_that_moves_the_cursor() -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(table([json.loads(json.dumps(BAD))], ["\x1b[2J\u202egpj.exe"]))
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]
