"""What an analysis draws is kept in the derived bucket, once, and its report says where."""

from __future__ import annotations

import hashlib

import pytest
from google.api_core.exceptions import ServiceUnavailable

from functions.analyze.kinds import ANALYZERS
from functions.analyze.kinds.port import Analysis, Drawn
from tests.chaos.stage import JOB

PLOT = Drawn(content_type="image/png", data=b"a plot", width=8, height=4)
NOTE = Drawn(content_type="text/html", data=b"<p>a note</p>")


def drawing(*_: object) -> Analysis:
    return Analysis(summary={}, pictures={"plot.png": PLOT, "note.html": NOTE})


@pytest.fixture
def artist(stage, monkeypatch):
    monkeypatch.setitem(ANALYZERS, "inspection", drawing)
    return stage


def place(name: str, drawn: Drawn) -> str:
    return f"{JOB}/results/{hashlib.sha256(drawn.data).hexdigest()[:16]}/{name}"


def test_the_report_says_where_each_picture_is_and_what_it_is(artist):
    artist.push()
    assert artist.database.documents[f"jobs/{JOB}/reports/pictures"]["pictures"] == {
        "plot.png": {
            "object": f"gs://derived/{place('plot.png', PLOT)}",
            "type": "image/png",
            "size": 6,
            "width": 8,
            "height": 4,
        },
        "note.html": {"object": f"gs://derived/{place('note.html', NOTE)}", "type": "text/html", "size": 13},
    }
    assert artist.derived[place("plot.png", PLOT)] == b"a plot"


def test_an_attempt_after_one_that_broke_off_keeps_the_same_objects(artist):
    names = [place("plot.png", PLOT), place("note.html", NOTE)]
    broken = iter([True])
    artist.before = lambda step: (
        (_ for _ in ()).throw(ServiceUnavailable("now"))
        if (step == "derive" and names[0] in artist.derived and next(broken, False))
        else None
    )
    with pytest.raises(ServiceUnavailable):
        artist.push()
    artist.push(message="2")
    assert artist.job["state"] == "COMPLETED"
    assert [name for name in artist.derived if "/results/" in name] == names
