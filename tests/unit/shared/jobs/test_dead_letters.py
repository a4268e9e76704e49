"""Dead letters: which are kept, under which name and reason, and when one is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.documents import to_document
from shared.events import Message, finalized, notification
from shared.jobs import dead_letters, tombstone, wishes
from shared.jobs.protocol import Arrival
from shared.model.job import KEPT, Job
from tests.chaos.memory import documents
from tests.unit.shared.jobs.jobs import GENERATION, T0, a_job, claimed, completed, failed

JOB = "abcdefghij0123456789"
ID = f"{JOB}:0:{GENERATION}"
PATH = f"deadLetters/{ID}"


def message(number: str = "1", **more: str) -> Message:
    name = f"normal/{JOB}/0"
    arrival = Arrival(bucket="uploads", name=name, generation=GENERATION, size=9, content_type="image/jpeg")
    _, attributes = notification(arrival, priority="normal")
    return Message(message_id=number, attributes={**attributes, **more}, data=b"{}")


def stored(job: Job | None):
    database = documents()
    if job is not None:
        database.documents[f"jobs/{JOB}"] = to_document(job)
    return database


def keep(database, number: str = "1", *, at: datetime = T0) -> str | None:
    return dead_letters.keep(database, ID, JOB, message(number), now=at)


def gone() -> Job:
    job = tombstone.bury(failed(), now=T0).job
    assert job is not None
    return job


def cancelled() -> Job:
    job = wishes.cancel(a_job(), now=T0).job
    assert job is not None
    return job


def test_a_letter_is_named_by_what_was_delivered():
    assert dead_letters.place_of(message(), finalized(message())) == (ID, JOB)
    letter_id, job_id = dead_letters.place_of(message("77/../x"), None)
    assert (letter_id.startswith("message:"), "/" in letter_id, job_id) == (True, False, "")
    assert dead_letters.place_of(message("77/../x"), None)[0] == letter_id


def test_the_letter_of_a_failed_job_is_kept_whole_under_the_jobs_reason():
    database = stored(failed())
    assert keep(database) == "UNREADABLE"
    kept = database.documents[PATH]
    assert (kept["uid"], kept["jobId"], kept["attributes"], kept["data"]) == ("u", JOB, message().attributes, b"{}")
    assert (kept["count"], kept["expireTime"]) == (1, T0 + KEPT)


@pytest.mark.parametrize("job", [completed(), cancelled(), gone(), a_job(), claimed()], ids=lambda job: str(job.state))
def test_nothing_is_kept_about_which_nothing_is_left_to_be_done(job):
    database = stored(failed())
    keep(database)
    database.documents[f"jobs/{JOB}"] = to_document(job)
    assert keep(database, "2") is None
    assert PATH not in database.documents


def test_a_letter_of_a_job_that_is_not_there_is_kept_under_that_reason():
    assert keep(stored(None)) == dead_letters.UNKNOWN_JOB


def test_the_same_message_again_changes_nothing_and_another_one_is_counted():
    database = stored(failed())
    keep(database)
    before = dict(database.documents[PATH])
    assert keep(database, at=T0 + timedelta(hours=1)) == "UNREADABLE"
    assert database.documents[PATH] == before
    keep(database, "2", at=T0 + timedelta(hours=1))
    after = database.documents[PATH]
    assert (after["count"], after["messageId"], after["createTime"]) == (2, "2", T0)
    assert after["updateTime"] == T0 + timedelta(hours=1)


def test_a_letter_is_forgotten_once():
    database = stored(failed())
    keep(database)
    assert dead_letters.drop(database, ID)
    assert not dead_letters.drop(database, ID)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00"])
def test_a_time_that_is_none_tells_nothing(text):
    assert dead_letters.published(message(CloudPubSubDeadLetterSourceTopicPublishTime=text)) is None


def test_when_a_message_was_published_is_read_as_pubsub_writes_it():
    dead = message(CloudPubSubDeadLetterSourceTopicPublishTime="2026-01-01T00:00:00.250+00:00")
    assert dead_letters.published(dead) == datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)
