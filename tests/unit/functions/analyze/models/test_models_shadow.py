"""A candidate changes nothing of a job: not its result, not its end, and its time only within a bound."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from google.api_core import exceptions
from msgspec.structs import replace

from functions.analyze.kinds.port import NoModels
from functions.analyze.models import aliases
from functions.analyze.models.runtime import Shelf
from functions.analyze.models.shadow import Comparison
from shared.documents import to_document
from tests.unit.functions.analyze.models.onnx_files import answering, brightest_channel, manifest, plain
from tests.unit.functions.analyze.models.test_models_runtime import Bucket
from tests.unit.shared.jobs.jobs import T0, completed

JOB_ID = "j" * 20


class Documents:
    """A database of one job, and what is written to it."""

    def __init__(self, job):
        self.found = {f"jobs/{JOB_ID}": to_document(job) if job else None}
        self.written = {}
        self.down = False

    def transact(self, paths, decide):
        if self.down:
            raise exceptions.ServiceUnavailable("down")
        answer, writes = decide({path: self.found[path] for path in paths})
        self.written |= {write.path: write.fields for write in writes}
        return answer


@pytest.fixture
def bucket():
    made = Bucket()
    made.put(brightest_channel())
    made.put(brightest_channel(), manifest(brightest_channel(), version=2))
    return made


def point(bucket, *, share=1.0, version=2):
    candidate = aliases.Candidate(version=version, share=share)
    bucket.objects["channels/aliases.json"] = aliases.dump(
        aliases.Aliases(aliases={"stable": 1, "next": 2}, candidate=candidate)
    )


def run(bucket, *, alias="channels@stable", job=None, database=None, times=1, **options):
    """What a kind was answered, and what was kept of the comparison."""
    kept = database or Documents(job or completed())
    claim = SimpleNamespace(job_id=JOB_ID, job=job or completed(), fence=1)
    comparison = Comparison(**options)
    opened = comparison.watch(Shelf(lambda: bucket), claim).open(alias)
    answers = [opened.classify(plain(255, 0, 0)) for _ in range(times)]
    comparison.keep(SimpleNamespace(database=kept))
    return answers, kept.written


def test_what_both_say_is_kept_apart_under_the_jobs_name(bucket):
    point(bucket)
    answers, written = run(bucket)
    (row,) = written.values()
    assert written.keys() == {f"shadows/{JOB_ID}-channels"}
    assert (row["pair"], row["jobId"], row["agreement"], row["problem"]) == ("channels/1~2", JOB_ID, 1.0, "")
    assert row["pictures"][0]["stable"]["probabilities"] == answers[0]
    assert row["expireTime"] == completed().expire_time
    assert "uid" not in row


@pytest.mark.parametrize(("alias", "share"), [("channels/1", 1.0), ("channels@next", 1.0), ("channels@stable", 1e-12)])
def test_nobody_is_asked_about_another_alias_or_another_job(bucket, alias, share):
    point(bucket, share=share)
    _, written = run(bucket, alias=alias)
    assert written == {}


def test_a_candidate_that_is_the_stable_version_is_none(bucket):
    point(bucket, version=1)
    assert run(bucket)[1] == {}


def test_only_the_first_pictures_of_a_job_are_compared(bucket):
    point(bucket)
    _, written = run(bucket, times=9)
    (row,) = written.values()
    assert len(row["pictures"]) == 4


@pytest.mark.parametrize("broken", [answering([[np.nan, 0, 0]]), b"no model"])
def test_a_candidate_that_fails_leaves_the_answer_alone(bucket, broken):
    point(bucket)
    bucket.put(broken, manifest(broken, version=2))
    answers, written = run(bucket)
    (row,) = written.values()
    assert answers[0][0] > 0.9
    assert "MODEL_UNAVAILABLE" in row["problem"]
    assert (row["agreement"], len(row["pictures"])) == (None, 0)


def test_a_candidate_that_takes_too_long_is_not_waited_for(bucket):
    point(bucket)
    _, written = run(bucket, seconds=0.0)
    (row,) = written.values()
    assert "took more than" in row["problem"] or row["agreement"] == 1.0


def test_nothing_is_written_of_a_job_that_was_deleted_meanwhile(bucket):
    point(bucket)
    gone = replace(completed(), delete_time=T0)
    assert run(bucket, database=Documents(gone))[1] == {}
    assert run(bucket, database=Documents(None))[1] == {}


def test_a_database_that_does_not_answer_costs_the_comparison_and_nothing_else(bucket):
    point(bucket)
    down = Documents(completed())
    down.down = True
    answers, written = run(bucket, database=down)
    assert answers[0][0] > 0.9
    assert written == {}


def test_where_there_are_no_models_nothing_is_watched():
    none = NoModels()
    assert Comparison().watch(none, SimpleNamespace(job_id=JOB_ID, job=completed())) is none
