"""Maintenance removes what has expired and what belongs to nothing, leaves the rest, and goes on where it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from google.api_core import exceptions

from functions.analyze.maintenance import STAGES, Place, maintain, onwards
from functions.analyze.objects import Kept
from shared.documents import to_document
from shared.jobs.store import Jobs
from shared.jobs.upkeep import Upkeep
from shared.model.job import JOB_ID, KEPT, Job, derived_folder, now, uploads_folder
from shared.model.kinds import Priority
from tests.chaos.memory import documents

NOW = now()
LONG_AGO = NOW - timedelta(days=2)
ALIVE, GONE, LOST, NEW = (letter * 20 for letter in "abcd")


class Buckets:
    """Two buckets in memory: names and when they were written."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, datetime]] = {"uploads": {}, "derived": {}}
        self.broken: set[str] = set()

    def put(self, job_id: str, at: datetime = LONG_AGO) -> None:
        self.kept["uploads"][f"{uploads_folder(Priority.NORMAL, job_id)}0"] = at
        self.kept["derived"] |= {f"{derived_folder(job_id)}{name}": at for name in ("0.jpg", "1.jpg")}

    def page(self, bucket: str, *, after: str, limit: int) -> list[Kept]:
        if bucket in self.broken:
            raise exceptions.ServiceUnavailable("not now")
        part = 1 if bucket == "uploads" else 0
        found = sorted((name, at) for name, at in self.kept[bucket].items() if name > after)[:limit]
        ids = [f"{name}/".split("/")[part] for name, _ in found]
        return [
            Kept(name=name, job_id=job_id if JOB_ID.fullmatch(job_id) else "", update_time=at)
            for (name, at), job_id in zip(found, ids, strict=True)
        ]

    def remove(self, job_id: str, priority: Priority) -> None:
        if job_id in self.broken:
            raise exceptions.ServiceUnavailable("not now")
        for bucket, folder in (("uploads", uploads_folder(priority, job_id)), ("derived", derived_folder(job_id))):
            kept = self.kept[bucket]
            self.kept[bucket] = {name: at for name, at in kept.items() if not name.startswith(folder)}

    def of(self, job_id: str) -> list[str]:
        return [name for kept in self.kept.values() for name in kept if job_id in name]


def a_job(expire_time: datetime, **changes: object) -> dict:
    created = expire_time - KEPT
    job = Job(
        uid="u",
        kind="inspection",
        images={},
        create_time=created,
        update_time=created,
        expire_time=expire_time,
        **changes,
    )
    return to_document(job)


@pytest.fixture
def services() -> SimpleNamespace:
    """A job that is alive, one that has expired, and objects of a third, old and new, that nobody knows."""
    database = documents()
    database.documents |= {
        f"jobs/{ALIVE}": a_job(NOW + timedelta(days=1)),
        f"jobs/{GONE}": a_job(NOW - timedelta(seconds=1)),
        f"jobs/{GONE}/images/0": {"expireTime": NOW + timedelta(days=9)},
        "cache/old": {"jobId": "", "expireTime": LONG_AGO},
        "cache/of-it": {"jobId": GONE, "expireTime": NOW + timedelta(days=9)},
        "cache/young": {"jobId": ALIVE, "expireTime": NOW + timedelta(days=9)},
        "quotas/u": {"expireTime": LONG_AGO},
        "quotas/kept": {"tokens": 5},
    }
    buckets = Buckets()
    for job_id in (ALIVE, GONE, LOST):
        buckets.put(job_id)
    buckets.put(NEW, NOW)
    buckets.kept["derived"]["notes.txt"] = LONG_AGO
    jobs = Jobs(database)
    settings = SimpleNamespace(maintenance_run_seconds=45, maintenance_orphan_seconds=86_400, maintenance_expires=True)
    return SimpleNamespace(jobs=jobs, upkeep=Upkeep(jobs), objects=buckets, settings=settings)


def paths(services: SimpleNamespace) -> set[str]:
    return {path for path in services.jobs.database.documents if not path.startswith("control/")}


LEFT = {f"jobs/{ALIVE}", "cache/young", "quotas/kept"}


def test_what_has_expired_and_what_belongs_to_nothing_is_removed_and_nothing_else(services):
    maintain(services)
    assert paths(services) == LEFT
    assert [len(services.objects.of(job_id)) for job_id in (ALIVE, GONE, LOST, NEW)] == [3, 0, 0, 3]
    assert "notes.txt" in services.objects.kept["derived"]


def test_a_second_round_finds_nothing_to_do(services):
    maintain(services)
    before = (dict(services.jobs.database.documents), services.objects.kept)
    maintain(services)
    noted = services.jobs.database.documents["control/maintenance"]
    assert (noted["stage"], noted["after"]) == (0, "")
    assert ({**before[0], "control/maintenance": noted}, before[1]) == (
        services.jobs.database.documents,
        services.objects.kept,
    )


def test_what_was_removed_is_counted_and_named_by_kind_only(services, caplog):
    caplog.set_level("INFO")
    maintain(services)
    counted = {
        record.metric["labels"]["what"]: record.metric["value"]
        for record in caplog.records
        if getattr(record, "metric", {}).get("name") == "maintenance_removed"
    }
    assert counted == {"jobs": 1, "objects": 1, "cache": 1, "quotas": 1}
    assert "quotas/u" not in caplog.text


def test_where_firestore_expires_documents_itself_only_jobs_with_objects_are_looked_at(services):
    services.settings.maintenance_expires = False
    bare = "e" * 20
    services.jobs.database.documents[f"jobs/{bare}"] = a_job(LONG_AGO)
    maintain(services)
    assert paths(services) == LEFT | {f"jobs/{bare}", "cache/old", "quotas/u"}
    assert services.objects.of(GONE) == services.objects.of(LOST) == []


def test_a_job_that_somebody_works_on_is_left_to_the_next_round(services):
    leased = a_job(LONG_AGO, lease_expire_time=now() + timedelta(minutes=1))
    services.jobs.database.documents[f"jobs/{GONE}"] = leased
    maintain(services)
    assert f"jobs/{GONE}" in paths(services)
    assert len(services.objects.of(GONE)) == 3


@pytest.mark.parametrize("broken", [GONE, LOST, "uploads", "derived"])
def test_one_thing_that_fails_is_logged_and_left_to_the_next_round(services, caplog, broken):
    services.objects.broken = {broken}
    maintain(services)
    assert "to the next round" in caplog.text
    assert {"cache/old", "quotas/u"}.isdisjoint(paths(services))
    services.objects.broken = set()
    maintain(services)
    assert paths(services) == LEFT
    assert services.objects.of(GONE) == services.objects.of(LOST) == []


def test_a_document_that_makes_no_sense_does_not_keep_the_others_waiting(services, caplog):
    services.jobs.database.documents[f"jobs/{'0' * 20}"] = {"expireTime": LONG_AGO, "uid": 5}
    maintain(services)
    assert "has met a defect" in caplog.text
    assert paths(services) == LEFT | {f"jobs/{'0' * 20}"}


def test_a_run_that_has_no_time_left_says_so_and_the_next_ones_come_to_the_end(services, caplog):
    caplog.set_level("INFO")
    ticks = iter(range(0, 1_000_000, 20))

    def clock() -> float:
        return float(next(ticks))

    runs = 0
    while True:
        maintain(services, clock=clock)
        runs += 1
        if not services.jobs.database.documents["control/maintenance"]["after"]:
            break
        assert "out of time" in caplog.text
        assert runs < 20
    assert runs > 2
    assert paths(services) == LEFT


def test_a_round_goes_on_after_every_place_it_was_broken_off_at(services):
    whole = [place for place, _ in onwards(services, Place())]
    for number, place in enumerate(whole):
        assert [here for here, _ in onwards(services, place)] == whole[number + 1 :]
    assert {STAGES[place.stage] for place in whole} == {"uploads", "derived", "jobs", "cache", "quotas"}


def test_a_place_that_another_version_has_kept_is_no_trouble(services):
    services.jobs.database.documents["control/maintenance"] = {"stage": 99, "after": "x"}
    maintain(services)
    assert paths(services) == LEFT
