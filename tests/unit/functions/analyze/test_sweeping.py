"""One round of the sweep: everything is looked at once, wherever it begins, and what has no time left gets its turn."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from types import SimpleNamespace

import pytest

from functions.analyze.sweeping import Place, around, sweep
from shared.documents import to_document
from shared.jobs.outbox import Topic
from shared.jobs.store import Jobs
from shared.jobs.upkeep import LOOKS, Upkeep
from shared.model.job import KEPT, Job, JobImage, now
from tests.chaos.memory import documents


class Missing:
    """Cloud Storage, where nothing was uploaded."""

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        del job_id, job
        return {0: None}


def stage(count: int) -> SimpleNamespace:
    database = documents()
    long_ago = now() - timedelta(days=2)
    images = {"0": JobImage(content_type="image/jpeg", size=9)}
    job = Job(
        uid="u",
        kind="inspection",
        images=images,
        create_time=long_ago,
        update_time=long_ago,
        expire_time=long_ago + KEPT,
    )
    for number in range(count):
        database.documents[f"jobs/{number:020d}"] = to_document(job)
    jobs = Jobs(database)
    return SimpleNamespace(
        jobs=jobs,
        upkeep=Upkeep(jobs),
        objects=Missing(),
        publishers={topic: lambda *_: None for topic in Topic},
        settings=SimpleNamespace(sweep_run_seconds=45, sweep_silence_seconds=120),
    )


def states(services: SimpleNamespace) -> list[str]:
    found = sorted(services.jobs.database.documents.items())
    return [fields["state"] for path, fields in found if path.startswith("jobs/")]


@pytest.mark.parametrize(
    "begin", [Place(), Place(look=1, after=f"jobs/{3:020d}"), Place(look=4), Place(look=4, after="z")]
)
def test_a_round_passes_everything_once_wherever_it_begins(begin):
    found = [path for _, path, _ in around(stage(7), begin)]
    assert sorted(found) == [f"jobs/{number:020d}" for number in range(7)]


def test_a_round_goes_on_after_every_place_it_was_broken_off_at():
    services = stage(7)
    whole = list(around(services, Place()))
    for number, (place, _, _) in enumerate(whole):
        rest = [path for _, path, _ in around(services, place)]
        assert rest == [path for _, path, _ in (*whole[number + 1 :], *whole[: number + 1])]


def test_a_sweep_that_has_no_time_left_says_so_and_the_next_one_goes_on(caplog):
    caplog.set_level("INFO")
    services = stage(5)
    ticks = iter(range(0, 10_000, 20))

    def clock() -> float:
        return float(next(ticks))

    sweep(services, clock=clock)
    assert states(services) == ["FAILED", "FAILED", "PENDING", "PENDING", "PENDING"]
    noted = services.jobs.database.documents["control/sweep"]
    assert (noted["look"], noted["after"]) == (1, f"jobs/{1:020d}")
    assert noted["updateTime"] <= services.jobs.clock()
    assert "out of time" in caplog.text
    sweep(services, clock=clock)
    sweep(services, clock=clock)
    assert states(services) == ["FAILED"] * 5
    sweep(services, clock=clock)
    noted = services.jobs.database.documents["control/sweep"]
    assert (noted["look"], noted["after"]) == (0, "")


def test_a_place_that_another_version_has_kept_is_no_trouble():
    services = stage(1)
    services.jobs.database.documents["control/sweep"] = {"look": 99, "after": "x"}
    sweep(services)
    assert services.jobs.database.documents[f"jobs/{0:020d}"]["state"] == "FAILED"


def test_the_looks_name_each_query_once():
    assert len({(look.collection, look.field, look.value) for look in LOOKS}) == len(LOOKS)
    assert [place.look for place, _, _ in islice(around(stage(1), Place()), 1)] == [1]
