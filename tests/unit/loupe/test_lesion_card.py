"""The card of a lesion on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from loupe.view import lesion

POLICY = {"version": "1", "shownFrom": 0.5, "specificFrom": 0.8}


def full(**changes):
    return {
        "outcome": "specific",
        "message": "These photos resemble “x” most.",
        "confidence": 0.9,
        "urgent": False,
        "aggregatedFromCount": 1,
        "disagreement": 0.0,
        "reasons": [],
        "advice": [{"key": "advice.examination", "text": "Show it to a clinician."}],
        "disclaimers": [{"key": "disclaimer.device", "text": "Not a medical device."}],
        "policy": POLICY,
        "model": {"name": "skin_lesion", "version": 1, "sample": True},
        **changes,
    }


def printed(reports):
    console = Console(width=100, record=True, file=io.StringIO())
    for label, value in lesion.rows(reports):
        console.print(label)
        console.print(value)
    return console.export_text()


def card(**changes):
    return printed({"skin_lesion": {"full": full(**changes)}})


def test_other_results_have_no_card():
    assert list(lesion.rows({"inspection": {"full": {"text": []}}})) == []


def test_the_card_says_how_sure_what_to_do_and_what_this_is_not():
    text = card()
    for part in ("resemble “x”", "90 %", "Show it to a clinician.", "Not a medical device.", "a sample", "policy 1"):
        assert part in text


@pytest.mark.parametrize(
    ("confidence", "told"), [(0.7999, "79 %"), (0.8, "80 %"), (0.57, "57 %"), (1.0, "100 %"), (0, "0 %")]
)
def test_confidence_is_never_told_larger_than_it_is(confidence, told):
    assert str(lesion.bar(confidence, POLICY, "green")).endswith(f" {told}")


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        (
            {"outcome": "generic", "labelName": "Melanoma", "confidence": 0.7999},
            "most like Melanoma, 79 % (not a medical device)",
        ),
        ({"outcome": "inconclusive", "confidence": 0.4}, "inconclusive (not a medical device)"),
        ({"text": "PUMP 7"}, ""),
        ({"outcome": "drawn", "confidence": 1}, ""),
    ],
)
def test_a_list_of_jobs_tells_it_in_one_line(summary, line):
    assert lesion.gist(summary) == line


def test_the_bar_fills_up_and_shows_both_bounds():
    empty, half, whole = (str(lesion.bar(value, POLICY, "")) for value in (0.0, 0.6, 1.0))
    assert [bar.count("█") for bar in (empty, half, whole)] == [0, 11, 18]
    assert all(bar.count("┃") == 2 for bar in (empty, half, whole))


def test_photos_that_contradict_each_other_are_told_with_the_reason():
    text = card(
        outcome="inconclusive",
        aggregatedFromCount=3,
        disagreement=0.88,
        advice=[],
        reasons=[{"key": "DISAGREEMENT", "text": "They show different things."}],
    )
    assert "3 photos, which contradict each other by 88 %" in text
    assert "They show different things." in text
    assert "Advice" not in text


def test_what_a_model_says_cannot_move_the_cursor():
    assert "\x1b" not in card(message="\x1b[2Jgone")


def test_raw_answers_are_listed_for_clinicians():
    reports = {
        "skin_lesion": {"full": full()},
        "clinician": {"top": [{"label": "mel", "name": "Melanoma", "probability": 0.62}]},
    }
    assert "62 %  Melanoma" in printed(reports)
