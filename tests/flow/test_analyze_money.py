"""Paid calls: reserved before, settled with the result, left out where the day's budget is used up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loupe.client import photos, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from tests.stack import ENOUGH, started

PRICES = {
    "VISION_TEXT_MICRO_USD": "1500",
    "VISION_PROPERTIES_MICRO_USD": "1000",
    "DAILY_BUDGET_MICRO_USD": "4000",
    "LEASE_SECONDS": "120",
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory, samples):
    """Three jobs after each other on a day with room for one and a half, and what the ledger then says."""
    found = tuple(photos.find([samples["wall.webp"].path]))
    jobs = []
    with started(tmp_path_factory.mktemp("money") / "data", upload=ENOUGH, analyze=PRICES) as stack:
        client = database(stack.running)
        with stack.phone() as phone:
            for _ in range(3):
                job_id, places = uploads.create(phone, Wanted(kind="inspection", photos=found))
                with Watch(client, phone, job_id) as changes:
                    uploads.send(phone, job_id, places, found)
                    jobs.append((job_id, list(changes.until_final(60))[-1]))
        day = f"ledger/{datetime.now(UTC):%Y-%m-%d}"
        total = client.document(day).get().to_dict()
        entries = {entry.id: entry.to_dict() for entry in client.collection(f"{day}/entries").get()}
        client.close()
    return jobs, total, entries


def test_a_job_says_what_it_cost(ledger):
    jobs, _, _ = ledger
    assert jobs[0][1].cost == {"TEXT_DETECTION": 1500, "IMAGE_PROPERTIES": 1000, "microUsd": 2500}


def test_what_was_reserved_is_settled_and_nothing_stays_reserved(ledger):
    jobs, total, entries = ledger
    assert (total["reserved"], total["settled"]) == (0, 4000)
    assert sum(entry["spent"] for entry in entries.values()) == total["settled"]
    assert {entry["state"] for entry in entries.values()} == {"SETTLED"}
    assert sum(name.startswith(f"{jobs[0][0]}:1:TEXT_DETECTION-") for name in entries) == 1


def test_a_job_over_the_budget_completes_without_what_could_not_be_paid_and_says_so(ledger):
    (_, first), (_, second), (_, third) = ledger[0]
    assert first.degraded == ()
    assert [lost.reason for lost in second.degraded] == ["BUDGET_EXHAUSTED"]
    assert "text" in second.summary
    assert "colors" not in second.summary
    assert [lost.reason for lost in third.degraded] == ["BUDGET_EXHAUSTED"]
    assert "text" not in third.summary
    assert {job.state for _, job in ledger[0]} == {"COMPLETED"}
