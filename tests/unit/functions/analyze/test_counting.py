"""A day's analytics: every job counted once, however often and in however many runs it is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from functions.analyze import counting
from shared.jobs.store import Jobs
from shared.model.kinds import KINDS
from tests.chaos.memory import documents

NOW = datetime(2026, 5, 3, 0, 37, tzinfo=UTC)
YESTERDAY = datetime(2026, 5, 2, tzinfo=UTC)
FIRST, SECOND = tuple(KINDS)[:2]
DAY = "analytics/2026-05-02"


def job(kind: str, state: str, at: datetime, **more: object) -> dict:
    return {"kind": kind, "state": state, "createTime": at, **more}


@pytest.fixture
def services() -> SimpleNamespace:
    database = documents()
    midnight = timedelta(days=1)
    made = [
        *(job(FIRST, "COMPLETED", YESTERDAY + timedelta(seconds=number // 2)) for number in range(7)),
        job(FIRST, "FAILED", YESTERDAY, error={"reason": "STALLED"}),
        job(FIRST, "CANCELLED", YESTERDAY, deleteTime=NOW),
        job(SECOND, "PENDING", YESTERDAY + midnight - timedelta(microseconds=1)),
        job(FIRST, "COMPLETED", YESTERDAY - timedelta(microseconds=1)),
        job(FIRST, "COMPLETED", YESTERDAY + midnight),
    ]
    database.documents |= {f"jobs/{number:020d}": fields for number, fields in enumerate(made)}
    for number, (feature, spent) in enumerate((("text", 1500), ("colors", 1500), ("text", 1500), ("text", 0))):
        database.documents[f"ledger/2026-05-02/entries/{number}"] = {"feature": feature, "spent": spent}
    settings = SimpleNamespace(maintenance_run_seconds=45)
    return SimpleNamespace(jobs=Jobs(database, clock=lambda: NOW), settings=settings)


EXPECTED = {
    FIRST: {"COMPLETED": {"none": 7}, "FAILED": {"STALLED": 1}, "CANCELLED": {"deleted": 1}},
    SECOND: {"PENDING": {"none": 1}},
}


def kept(services: SimpleNamespace) -> dict:
    return services.jobs.database.documents[DAY]


def test_the_jobs_and_costs_of_the_day_are_counted_and_no_others(services):
    counting.count(services)
    assert kept(services)["jobs"] == EXPECTED
    assert kept(services)["costMicroUsd"] == {"text": 3000, "colors": 1500}
    assert kept(services)["complete"] is True


def test_the_days_before_are_counted_too_where_nobody_did(services):
    counting.count(services)
    before = services.jobs.database.documents["analytics/2026-05-01"]
    assert before["jobs"] == {FIRST: {"COMPLETED": {"none": 1}}}
    days = [path for path in services.jobs.database.documents if path.startswith("analytics/")]
    assert len(days) == counting.DAYS


def test_counting_again_changes_nothing(services):
    counting.count(services)
    before = dict(services.jobs.database.documents)
    services.jobs.database.documents["jobs/late"] = job(FIRST, "COMPLETED", YESTERDAY)
    counting.count(services)
    assert {path: fields for path, fields in services.jobs.database.documents.items() if path != "jobs/late"} == before


def test_runs_without_time_go_on_where_the_last_one_stopped_and_count_nothing_twice(services, monkeypatch):
    monkeypatch.setattr(counting, "PAGE", 2)
    ticks = iter(range(0, 1_000_000, 46))
    runs = 0
    while not services.jobs.database.documents.get(DAY, {}).get("complete"):
        counting.count(services, clock=lambda: float(next(ticks)))
        runs += 1
        assert runs < 50
    assert runs > 5
    assert kept(services)["jobs"] == EXPECTED
    assert kept(services)["costMicroUsd"] == {"text": 3000, "colors": 1500}


def test_of_two_runs_at_once_one_counts(services, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(counting, "PAGE", 2)
    pages = iter([False, True])
    within = services.jobs.database.within

    def interrupted(*given: object, **named: object) -> object:
        if next(pages, False):
            monkeypatch.setattr(services.jobs.database, "within", within)
            counting.count(services)
        return within(*given, **named)

    monkeypatch.setattr(services.jobs.database, "within", interrupted)
    counting.count(services)
    assert kept(services)["jobs"] == EXPECTED
