"""What came of other jobs, as a job of the same owner may see it, even where that owner has changed; in memory."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.analyze.earlier import EarlierJobs
from shared.documents import to_document
from shared.jobs.control import Control
from shared.jobs.store import Claim, Jobs
from tests.chaos.memory import documents
from tests.unit.shared.jobs.jobs import T0, a_job, completed

OWN, EARLIER = "a" * 20, "b" * 20
REPORT = {"uid": "u", "summary": {"n": 1}}


@pytest.fixture
def jobs() -> Jobs:
    """A job under way and one that is COMPLETED, of the same owner."""
    database = documents()
    database.documents[f"jobs/{OWN}"] = to_document(a_job())
    database.documents[f"jobs/{EARLIER}"] = to_document(completed())
    database.documents[f"jobs/{EARLIER}/reports/r"] = dict(REPORT)
    return Jobs(database, clock=lambda: T0)


def seen(jobs: Jobs) -> object:
    """What the job under way sees of the other one; it was claimed when it was still `u`'s."""
    return EarlierJobs(jobs, Claim(job_id=OWN, job=a_job())).report(EARLIER, "r")


def test_the_report_of_a_job_of_the_same_owner_is_shown(jobs):
    assert seen(jobs) == REPORT


def test_a_strangers_report_and_that_of_no_job_are_not(jobs):
    jobs.database.documents[f"jobs/{EARLIER}"] = to_document(replace(completed(), uid="stranger"))
    assert seen(jobs) is None
    assert EarlierJobs(jobs, Claim(job_id=OWN, job=a_job())).report("../secrets", "r") is None


def test_the_report_is_shown_at_every_moment_of_a_claim(jobs):
    control = Control(jobs)
    for job_id in (OWN, EARLIER):  # the one under way first, as claims do
        control.hand_over(job_id, giver="u", taker="member")
        assert seen(jobs)["summary"] == REPORT["summary"]


def test_the_report_of_a_deleted_job_is_shown_to_nobody_not_even_to_a_deleted_job(jobs):
    control = Control(jobs)
    for job_id in (EARLIER, OWN):
        control.bury(job_id)
        assert seen(jobs) is None
