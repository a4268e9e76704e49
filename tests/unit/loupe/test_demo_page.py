"""The page of results: complete, and deaf to what photos say."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from loupe.client.analysis import Outcome
from loupe.client.results import Result
from loupe.client.uploads import Wanted
from loupe.demo.page import render
from loupe.demo.verdicts import Shown, surprise
from shared.errors import Unavailable
from tools.samples import Expected, Sample

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
WANTED = Wanted(kind="inspection", photos=())


def job(**changes: Any) -> dict[str, Any]:
    return {
        "name": f"jobs/{'a' * 20}",
        "state": "COMPLETED",
        "warnings": [],
        "degraded": [],
        "provenance": {"vision": "local engines"},
        "createTime": "2026-11-20T10:00:00Z",
        "startTime": "2026-11-20T10:00:00.250000Z",
        "completeTime": "2026-11-20T10:00:01Z",
        **changes,
    }


def outcome(**changes: Any) -> Outcome:
    result = Result(job=job(**changes), images=[], findings=[], reports={})
    return Outcome(wanted=WANTED, seconds=1.25, result=result)


@pytest.fixture
def sample(tmp_path) -> Sample:
    path: Path = tmp_path / "meter.jpg"
    path.write_bytes(b"x" * 1000)
    return Sample(path=path, title="Electricity meter", expect=Expected())


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(page)
    return found


def test_text_out_of_a_photo_stays_text(sample):
    result = Result(
        job=job(warnings=[{"reason": "X", "message": HOSTILE}], provenance={"vision": HOSTILE}),
        images=[
            {
                "name": "jobs/x/images/0",
                "width": 4,
                "height": 3,
                "quality": {"score": 80},
                "exif": {"make": HOSTILE, "model": HOSTILE, "takenAt": HOSTILE},
                "gps": {"latitude": 1.0, "longitude": 2.0},
            }
        ],
        findings=[{"value": HOSTILE, "score": 0.9, "box": {}}],
        reports={"inspection": {"full": {"colors": [{"hex": HOSTILE, "red": 1, "green": 2, "blue": 3, "share": 0.5}]}}},
    )
    shown = Shown(sample=sample, outcome=Outcome(wanted=WANTED, seconds=1.0, result=result))
    page = render([shown], at=datetime.now(UTC))
    assert page.count("&lt;script&gt;") >= 6
    assert not [
        tag for tag, attributes in tags(page) if tag == "script" or any(name.startswith("on") for name in attributes)
    ]
    assert "{{ 7*7 }}" in page


def test_the_page_loads_nothing_from_anywhere(sample):
    shown = Shown(sample=sample, outcome=outcome(), annotated=b"jpeg", thumbnail=b"webp")
    page = render([shown], at=datetime.now(UTC))
    sources = [attributes["src"] for _, attributes in tags(page) if "src" in attributes]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not [tag for tag, _ in tags(page) if tag in {"script", "link", "iframe", "object"}]


def test_a_failed_photo_is_there_with_its_reason_and_advice(sample):
    error = {"reason": "UNREADABLE", "message": "The photo is damaged. Send it again."}
    page = render([Shown(sample=sample, outcome=outcome(state="FAILED", error=error))], at=datetime.now(UTC))
    assert "The photo is damaged. Send it again." in page
    assert "UNREADABLE" in page
    assert "There is no picture to show" in page


def test_a_job_that_was_never_made_is_there_with_the_refusal(sample):
    refused = Outcome(wanted=WANTED, seconds=0.1, refusal=Unavailable("STACK_UNREACHABLE", "It does not answer."))
    page = render([Shown(sample=sample, outcome=refused)], at=datetime.now(UTC))
    assert "It does not answer." in page


def test_times_are_those_of_the_job(sample):
    page = render([Shown(sample=sample, outcome=outcome())], at=datetime.now(UTC))
    assert "sent and queued 0.25 s" in page
    assert "analysed 0.75 s" in page


@pytest.mark.parametrize(
    ("expected", "changes", "said"),
    [
        (Expected(), {}, ""),
        (Expected(), {"state": "FAILED", "error": {"reason": "UNREADABLE"}}, "expected COMPLETED, got FAILED"),
        (Expected(state="FAILED", reason="UNREADABLE"), {"state": "FAILED", "error": {"reason": "UNREADABLE"}}, ""),
        (
            Expected(state="FAILED", reason="UNREADABLE"),
            {"state": "FAILED", "error": {"reason": "TOO_SMALL"}},
            "expected the reason UNREADABLE, got TOO_SMALL",
        ),
        (Expected(warnings=("DARK",)), {"warnings": [{"reason": "DARK"}, {"reason": "LOW_CONTRAST"}]}, ""),
        (Expected(warnings=("DARK",)), {}, "expected the warnings DARK, got none"),
        (Expected(), {"warnings": [{"reason": "BLURRY"}]}, "expected the warnings none, got BLURRY"),
    ],
)
def test_a_sample_that_does_not_do_what_it_was_made_for_is_a_surprise(expected, changes, said):
    assert surprise(expected, outcome(**changes)) == said


def test_an_answer_about_a_lesion_comes_with_its_advice_and_disclaimers(sample):
    report = {
        "message": f"Most like “Melanoma”. {HOSTILE}",
        "confidence": 0.7999,
        "advice": [{"key": "advice.soon", "text": "See a clinician soon."}],
        "disclaimers": [{"key": "disclaimer.device", "text": "Not a medical device."}],
    }
    result = Result(job=job(), images=[], findings=[], reports={"skin_lesion": {"full": report}})
    shown = Shown(sample=sample, outcome=Outcome(wanted=WANTED, seconds=1.0, result=result))
    page = render([shown], at=datetime(2026, 11, 26, tzinfo=UTC))
    for part in ("Most like “Melanoma”", "(79 %)", "See a clinician soon.", "Not a medical device."):
        assert part in page
    assert "script" not in {tag for tag, _ in tags(page)}
