"""Kind `inspection`: from a judged photo and what was seen in it to an analysis."""

from __future__ import annotations

import msgspec

from functions.analyze.intake.verdict import Pixels
from functions.analyze.kinds.inspection import HEADLINE_LENGTH, MAX_FINDINGS, inspect
from functions.analyze.kinds.port import Box, Color, Photo, Seen, TextLine, Tools
from shared.model.job import Warned

BOX = Box(left=0.1, top=0.2, width=0.3, height=0.1)
RED = Color(hex="#ff0000", red=255, green=0, blue=0, share=0.6)
BLURRY = Warned(reason="BLURRY", message="Hold still.", image=0)


class Sees:
    """Eyes that answer what they were given, and remember what they were asked."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.asked: dict[str, object] = {}

    def see(self, jpeg: bytes, *, width: int, height: int, text: bool, colors: bool) -> Seen:
        self.asked = {"jpeg": jpeg, "size": (width, height), "text": text, "colors": colors}
        return self.seen


def a_photo(**exif: object) -> Photo:
    return Photo(
        index=0,
        jpeg=b"jpeg",
        width=1000,
        height=500,
        pixels=Pixels(width=2, height=1, rgb=bytes(6)),
        quality=87,
        warnings=(BLURRY,),
        exif=exif,
    )


def a_line(text: str) -> TextLine:
    return TextLine(text=text, box=BOX, score=0.9)


def test_text_becomes_findings_with_boxes_and_a_headline():
    eyes = Sees(Seen(text=(a_line("PUMP 7"), a_line("DANGER")), colors=(RED,), engine="e"))
    analysis = inspect([a_photo(make="Acme", model="One", takenAt="2026-01-02T03:04:05")], {}, Tools(eyes=eyes))
    assert [finding.value for finding in analysis.findings] == ["PUMP 7", "DANGER"]
    assert analysis.findings[0].box == BOX
    assert analysis.summary == {
        "text": "PUMP 7 · DANGER",
        "textLines": 2,
        "colors": ["#ff0000"],
        "quality": 87,
        "camera": "Acme One",
        "takenAt": "2026-01-02T03:04:05",
    }
    assert analysis.warnings == (BLURRY,)
    assert analysis.provenance == {"vision": "e"}


def test_the_options_decide_what_is_looked_for():
    eyes = Sees(Seen())
    inspect([a_photo()], {"text": False}, Tools(eyes=eyes))
    assert eyes.asked == {"jpeg": b"jpeg", "size": (1000, 500), "text": False, "colors": True}


def test_what_could_not_be_read_is_said_and_nothing_is_invented():
    lost = Warned(reason="TEXT_UNAVAILABLE", message="…")
    analysis = inspect([a_photo()], {}, Tools(eyes=Sees(Seen(degraded=(lost,)))))
    assert analysis.degraded == (lost,)
    assert analysis.findings == ()
    assert {"text", "textLines", "colors"}.isdisjoint(analysis.summary)
    assert analysis.reports["inspection"]["full"]["text"] is None


def test_a_picture_without_text_is_told_from_one_whose_text_could_not_be_read():
    analysis = inspect([a_photo()], {}, Tools(eyes=Sees(Seen(text=(), colors=(RED,)))))
    assert analysis.summary["textLines"] == 0
    assert analysis.reports["inspection"]["full"]["text"] == []


def test_a_wall_of_text_keeps_the_job_document_small():
    eyes = Sees(Seen(text=tuple(a_line("x" * 400) for _ in range(500)), colors=(RED,) * 10))
    analysis = inspect([a_photo(make="m" * 200, model="n" * 200)], {}, Tools(eyes=eyes))
    assert len(analysis.findings) == MAX_FINDINGS
    assert len(analysis.summary["text"]) == HEADLINE_LENGTH
    assert len(msgspec.json.encode(analysis.summary)) < 1000
