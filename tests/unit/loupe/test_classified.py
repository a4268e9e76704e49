"""What a model has said is shown to people, whatever its labels hold."""

from __future__ import annotations

import io

from rich.console import Console

from loupe.view import classified

MODEL = {"model": "surface", "modelVersion": "2"}


def shown(job, reports=None) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    for label, value in classified.rows(job, reports or {}):
        console.print(label, value)
    return console.export_text()


def test_a_label_is_shown_with_the_others_and_the_model():
    job = {"summary": {"labelName": "Rust", "confidence": 0.9}, "provenance": MODEL}
    text = shown(job, {"classification": {"probabilities": {"moss": 0.1, "rust": 0.9}}})
    assert "Rust  90 %" in text
    assert text.index("rust  90 %") < text.index("moss  10 %")
    assert "surface/2" in text


def test_no_label_is_shown_where_none_was_decided():
    job = {"summary": {"labelName": None, "confidence": 0.4}, "provenance": MODEL}
    assert "not sure enough" in shown(job, {"classification": {"probabilities": {"rust": 0.4, "moss": 0.3}}})


def test_things_that_were_found_are_counted():
    assert "2 red" in shown({"summary": {"objects": {"red": 2}}, "provenance": MODEL})
    assert "nothing" in shown({"summary": {"objects": {}}, "provenance": MODEL})


def test_other_kinds_say_nothing_here():
    assert shown({"summary": {"text": "x"}, "provenance": MODEL}) == ""


def test_labels_cannot_move_the_cursor():
    assert "\x1b" not in shown({"summary": {"objects": {"\x1b[2J": 1}}, "provenance": {}})
