"""Claiming goes on from request to request where there is much to claim; on documents in memory."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from functions.status import claiming
from shared.documents import to_document
from shared.jobs.control import Control
from shared.jobs.store import Jobs
from tests.chaos.memory import documents
from tests.unit.shared.jobs.jobs import a_job, completed


@pytest.fixture
def services(monkeypatch):
    """Five jobs of a guest and one of somebody else's, and pages of two."""
    monkeypatch.setattr(claiming, "PAGE", 2)
    database = documents()
    for number in range(6):
        job = replace(a_job(), uid="guest" if number else "other")
        database.documents[f"jobs/{number:020}"] = to_document(job)
    return SimpleNamespace(database=database, control=Control(Jobs(database)))


def owners(services) -> list[str]:
    return [fields["uid"] for _, fields in sorted(services.database.documents.items())]


def test_all_jobs_of_the_guest_change_hands_however_many_pages_they_fill(services):
    assert claiming._handed_over(services, "guest", "member") == (5, True)
    assert owners(services) == ["other", *["member"] * 5]


def test_a_request_that_takes_too_long_says_that_there_is_more_and_the_next_goes_on(services, monkeypatch):
    ticks = iter(range(100))
    monkeypatch.setattr(claiming.time, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(claiming, "PATIENCE", 3.0)
    assert claiming._handed_over(services, "guest", "member") == (3, False)
    assert owners(services).count("guest") == 2
    assert claiming._handed_over(services, "guest", "member") == (2, True)


def test_jobs_under_way_change_hands_before_those_that_are_done(services, monkeypatch):
    done = to_document(replace(completed(), uid="guest"))
    services.database.documents[f"jobs/{1:020}"] = done
    taken = []
    hand_over = services.control.hand_over
    monkeypatch.setattr(
        services.control, "hand_over", lambda job_id, **who: taken.append(job_id) or hand_over(job_id, **who)
    )
    claiming._handed_over(services, "guest", "member")
    assert taken[:2] == [f"{2:020}", f"{1:020}"]
