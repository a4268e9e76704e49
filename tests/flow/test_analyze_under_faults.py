"""Jobs come to one end, and one only, while the services around them misbehave."""

from __future__ import annotations

import pytest

from localcloud.faults.effects import Corrupt, Drop, Duplicate, Error, Truncate
from localcloud.faults.rule import Rule
from loupe.client import analysis, photos
from loupe.client.faults import FaultsClient
from loupe.client.uploads import Wanted
from loupe.client.watching import database
from tests.stack import eventually


@pytest.fixture
def faults(stack):
    client = FaultsClient(stack.running)
    yield client
    client.clear()


@pytest.fixture
def analyse(stack, samples):
    """Some jobs with the same photo, at once; their documents as they are at their end."""

    def run(count: int, **options: bool) -> dict[str, dict]:
        found = tuple(photos.find([samples["wall.webp"].path]))
        wanted = [Wanted(kind="inspection", photos=found, options=options)] * count
        with stack.phone() as phone:
            outcomes = analysis.run(phone, wanted, analysis.Listener(), within=90)
        client = database(stack.running)
        names = [outcome.result.job["name"] for outcome in outcomes if outcome.result is not None]
        documents = {name.removeprefix("jobs/"): client.document(name).get().to_dict() for name in names}
        for job_id in documents:
            row = client.document(f"outbox/{job_id}:1:{documents[job_id]['state'].lower()}")
            assert eventually(lambda row=row: row.get().to_dict()["sendTime"] is not None)
        client.close()
        return documents

    return run


def test_commits_that_are_applied_without_an_answer_change_nothing_twice(faults, analyse):
    faults.add(Rule(call="firestore.Commit", effect=Error(code="UNAVAILABLE"), applied=True, p=0.4, seed=7))
    jobs = analyse(4, text=False)
    assert [job["state"] for job in jobs.values()] == ["COMPLETED"] * 4
    assert [job["attempt"] for job in jobs.values()] == [1] * 4
    assert sum(rule["hits"] for rule in faults.rules()) > 0


def test_commits_that_are_lost_are_made_again(faults, analyse):
    faults.add(Rule(call="firestore.Commit", effect=Error(code="UNAVAILABLE"), p=0.4, seed=7))
    faults.add(Rule(call="firestore.Commit", effect=Error(code="ABORTED"), p=0.2, seed=8))
    jobs = analyse(4, text=False)
    assert [job["state"] for job in jobs.values()] == ["COMPLETED"] * 4


def test_pushes_that_come_three_times_under_new_ids_are_worked_on_once(faults, analyse):
    faults.add(Rule(call="pubsub.push", effect=Duplicate(ids="new", copies=2)))
    jobs = analyse(3, text=False)
    assert [(job["state"], job["attempt"]) for job in jobs.values()] == [("COMPLETED", 1)] * 3


def test_a_push_whose_connection_ends_comes_again(faults, analyse):
    faults.add(Rule(call="pubsub.push", effect=Drop(), count=1))
    (job,) = analyse(1, text=False).values()
    assert (job["state"], job["attempt"]) == ("COMPLETED", 1)


@pytest.mark.parametrize("effect", [Error(code="INTERNAL"), Drop()], ids=["an error in it", "nothing in it"])
def test_a_good_answer_without_a_reading_leaves_a_job_that_says_what_is_missing(faults, analyse, effect):
    faults.add(Rule(call="vision.annotate", effect=effect))
    (job,) = analyse(1).values()
    assert job["state"] == "COMPLETED"
    assert {lost["reason"] for lost in job["degraded"]} == {"TEXT_UNAVAILABLE", "COLORS_UNAVAILABLE"}
    assert "text" not in job["summary"]


def test_storage_that_answers_503_for_a_moment_is_asked_again(faults, analyse):
    faults.add(Rule(call="storage.objects.media", effect=Error(code="503"), count=2))
    faults.add(Rule(call="storage.objects.insert", effect=Error(code="503"), applied=True, count=2))
    (job,) = analyse(1, text=False).values()
    assert (job["state"], job["attempt"]) == ("COMPLETED", 1)


def test_a_photo_that_is_changed_on_its_way_is_read_again_and_not_blamed(faults, analyse):
    faults.add(Rule(call="storage.objects.media", effect=Corrupt(part="body"), count=1))
    (job,) = analyse(1, text=False).values()
    assert (job["state"], job["attempt"], job["releases"]) == ("COMPLETED", 2, 1)


def test_a_photo_of_which_parts_are_left_out_again_and_again_is_not_blamed(faults, analyse):
    """Each answer says itself that it is so short; the library goes on where the first ended, and verifies nothing."""
    faults.add(Rule(call="storage.objects.media", effect=Truncate(share=0.5, silent=True), count=2))
    (job,) = analyse(1, text=False).values()
    assert (job["state"], job["attempt"], job["releases"]) == ("COMPLETED", 2, 1)


def test_a_list_that_breaks_off_in_the_middle_is_asked_for_again(faults, stack, analyse):
    analyse(1, text=False)
    faults.add(Rule(call="firestore.RunQuery", effect=Error(code="UNAVAILABLE"), applied=True, count=1))
    with stack.phone() as phone:
        assert phone.get("status", "/v1/jobs")["jobs"] == []
    assert [rule["hits"] for rule in faults.rules()] == [1]
