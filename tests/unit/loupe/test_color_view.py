"""`loupe color card`, and how a correction is shown."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from loupe.app import loupe
from loupe.trouble import Misuse, Trouble
from loupe.view import color

PATCH = {"name": "red", "deltaEBefore": 9.0, "deltaEAfter": 1.25, "deltaELeftOut": 1.5, "used": False}
SUMMARY = {
    "correctedImage": "corrected.jpg",
    "accuracyRating": "excellent",
    "deltaEBefore": 13.7,
    "deltaEAverage": 1.68,
    "deltaEMax": 5.9,
    "deltaELeaveOneOut": 1.98,
    "method": "matrix+gamma",
}


def shown(summary: dict, full: dict) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    for label, value in color.rows({"summary": summary, "full": full}):
        console.print(label, value)
    return console.export_text()


@pytest.mark.parametrize(("name", "begins"), [("card.pdf", b"%PDF-"), ("card.PNG", b"\x89PNG"), ("card.svg", b"<svg")])
def test_the_card_is_written_as_its_name_says(tmp_path, name, begins):
    done = CliRunner().invoke(loupe, ["color", "card", "--out", str(tmp_path / name)], standalone_mode=False)
    assert done.exception is None
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_card_that_cannot_be_written_is_told(tmp_path):
    for name, trouble in (("card.doc", Misuse), ("missing/card.svg", Trouble)):
        done = CliRunner().invoke(loupe, ["color", "card", "--out", str(tmp_path / name)], standalone_mode=False)
        assert isinstance(done.exception, trouble)


def test_a_correction_is_shown_with_its_patches():
    text = shown(SUMMARY, {"patches": [PATCH], "reference": {"title": "Classic"}})
    for part in (
        "excellent",
        "13.70 before",
        "1.68 after",
        "1.98",
        "Classic",
        "matrix+gamma",
        "red",
        "1.2",
        "not used",
    ):
        assert part in text


def test_an_original_that_was_kept_is_told():
    assert "original was kept" in shown({**SUMMARY, "correctedImage": None}, {})


def test_a_correction_taken_over_without_a_chart_is_told():
    summary = {name: value for name, value in SUMMARY.items() if not name.startswith("deltaE") or "Leave" in name}
    assert "no chart in this one" in shown(summary, {})


def test_what_a_job_says_cannot_steer_the_terminal():
    assert "\x1b" not in shown(
        {**SUMMARY, "accuracyRating": "\x1b[31mred"}, {"patches": [{**PATCH, "name": "\x1b]0;x"}]}
    )
