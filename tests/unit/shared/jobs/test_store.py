"""The store: what is written together, what is sent, and what is said in the log; on documents in memory."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from shared.documents import to_document
from shared.jobs import outbox
from shared.jobs.control import Control
from shared.jobs.hold import Hold
from shared.jobs.outbox import Topic
from shared.jobs.protocol import LEASE, Arrival, Completion, Lost, Outcome
from shared.jobs.store import Claim, Jobs
from shared.jobs.sweep import PATIENCE, Facts, Step
from shared.jobs.tombstone import SETTLE
from shared.jobs.upkeep import PAGE, Upkeep
from shared.model.states import Stage
from tests.chaos.memory import Unwatched, documents
from tests.unit.shared.jobs.jobs import AFTER_LEASE, FAILURE, GENERATION, T0, a_job
from tools.chaos.database import ModelDatabase
from tools.chaos.fate import Fate
from tools.chaos.profiles import CALM

JOB = "abcdefghij0123456789"
DETAILS = {"images/0": {"n": 1}, "findings/text-000": {"n": 1}, "findings/text-001": {"n": 1}}
ARRIVAL = Arrival(bucket="uploads", name=f"normal/{JOB}/0", generation=GENERATION, size=9, content_type="image/jpeg")


class Cloud:
    """A database with one job, a clock, and what was published."""

    def __init__(self, database: ModelDatabase) -> None:
        self.database = database
        self.at = T0
        self.jobs = Jobs(database, clock=self.clock, uploads_bucket="uploads")
        self.control = Control(self.jobs)
        self.upkeep = Upkeep(self.jobs)
        self.published: list[dict[str, str]] = []
        self.removed: list[str] = []
        database.documents[f"jobs/{JOB}"] = to_document(a_job())

    def clock(self) -> datetime:
        return self.at

    def publish(self, _: bytes, attributes: dict[str, str]) -> None:
        self.published.append(attributes)

    def generations(self, job_id: str, job: object) -> dict[int, int | None]:
        del job_id, job
        return {0: GENERATION}

    def remove(self, job_id: str, priority: str) -> None:
        self.removed.append(f"{priority}/{job_id}")

    def claim(self, owner: str = "a") -> Claim:
        outcome, claim = self.jobs.arrive(JOB, 0, ARRIVAL, owner=owner)
        assert outcome is Outcome.CLAIMED
        assert claim is not None
        return claim

    def finish(self, details: dict = DETAILS) -> Outcome:
        return self.jobs.complete(self.claim(), Completion(summary={}), details)

    def below(self, collection: str) -> list[str]:
        return [path.rpartition("/")[2] for path in self.database.list_documents(f"jobs/{JOB}/{collection}")]

    def row(self, name: str) -> dict:
        return self.database.documents[f"outbox/{JOB}:{name}"]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(documents())


@pytest.fixture
def forgetful() -> Cloud:
    """A cloud whose every commit is applied, and then not answered once."""

    class Once(ModelDatabase):
        def _once(self, paths, decide):
            committed, value = super()._once(paths, decide)
            return committed and not self._applied.pop("now", False), value

        def _apply(self, writes, found):
            self._applied["now"] = True
            super()._apply(writes, found)

    database = Once(Fate(0), CALM, Unwatched(), meanwhile=lambda: None, away=lambda: False)
    database._applied = {}
    return Cloud(database)


def test_a_claim_that_was_applied_without_an_answer_is_recognised(forgetful):
    assert forgetful.claim().fence == 1


def test_an_end_that_was_applied_without_an_answer_is_written_and_announced_once(forgetful):
    assert forgetful.finish() is Outcome.ENDED
    assert forgetful.jobs.get(JOB).attempt == 1
    assert [path for path in forgetful.database.documents if path.startswith("outbox/")] == [
        f"outbox/{JOB}:1:completed"
    ]


def test_a_reservation_that_was_applied_without_an_answer_counts_once(forgetful):
    claim = forgetful.claim()
    assert forgetful.jobs.reserve(claim, "call", {"TEXT": 1500}, limit=2000) == (Outcome.HELD, ("TEXT",))
    assert forgetful.jobs.reserve(claim, "call", {"TEXT": 1500}, limit=2000) == (Outcome.HELD, ("TEXT",))
    assert forgetful.database.documents["ledger/2026-01-01"]["reserved"] == 1500


def test_a_retry_that_was_applied_without_an_answer_begins_one_run(forgetful):
    forgetful.jobs.fail(forgetful.claim(), FAILURE, {})
    assert forgetful.control.retry(JOB, {0: GENERATION}, token="t")[0] is Outcome.QUEUED
    assert forgetful.jobs.get(JOB).run == 2


def test_a_job_that_has_ended_is_handed_over_with_everything_below_it(cloud):
    cloud.jobs.complete(cloud.claim(), Completion(summary={}), DETAILS)
    assert cloud.control.hand_over(JOB, giver="u", taker="v") is Outcome.HELD
    below = cloud.database.below(f"jobs/{JOB}")
    assert len(below) == len(DETAILS)
    assert {cloud.database.documents[path]["uid"] for path in (f"jobs/{JOB}", *below)} == {"v"}


def test_handing_over_that_broke_off_in_between_is_ended_by_the_same_call(forgetful):
    forgetful.jobs.complete(forgetful.claim(), Completion(summary={}), DETAILS)
    forgetful.database.documents[f"jobs/{JOB}"]["uid"] = "v"
    assert forgetful.control.hand_over(JOB, giver="u", taker="v") is Outcome.HELD
    assert {forgetful.database.documents[path]["uid"] for path in forgetful.database.below(f"jobs/{JOB}")} == {"v"}


def test_details_carry_the_owner_and_the_attempt(cloud):
    claim = cloud.claim()
    cloud.control.hand_over(JOB, giver="u", taker="v")
    cloud.jobs.complete(claim, Completion(summary={}), DETAILS)
    assert cloud.database.documents[f"jobs/{JOB}/images/0"] == {
        "n": 1,
        "uid": "v",
        "attempt": 1,
        "createTime": T0,
        "updateTime": T0,
        "expireTime": a_job().expire_time,
        "schemaVersion": 1,
    }


def test_a_later_run_replaces_all_that_was_found_and_nothing_that_people_added(cloud):
    cloud.finish()
    cloud.database.documents[f"jobs/{JOB}/conversations/c1"] = {}
    cloud.control.reprocess(JOB, {0: GENERATION}, token="t")
    assert cloud.below("findings") == ["text-000", "text-001"]
    cloud.finish({"images/0": {"n": 2}, "findings/text-000": {"n": 2}})
    assert (cloud.below("findings"), cloud.below("conversations")) == (["text-000"], ["c1"])
    assert {
        cloud.database.documents[f"jobs/{JOB}/{name}"]["attempt"] for name in ("images/0", "findings/text-000")
    } == {2}


def test_an_end_is_announced_under_an_id_that_names_job_run_and_state(cloud):
    cloud.finish()
    assert cloud.row("1:completed")["state"] == "UNSENT"
    cloud.jobs.send_outbox(JOB, {Topic.EVENTS: cloud.publish})
    cloud.jobs.send_outbox(JOB, {Topic.EVENTS: cloud.publish})
    assert [attributes["eventId"] for attributes in cloud.published] == [f"{JOB}:1:completed"]
    assert cloud.published[0]["ce-type"] == "dev.loupe.job.v1.completed"
    assert (cloud.row("1:completed")["state"], cloud.row("1:completed")["sendTime"]) == ("SENT", T0)


def test_a_row_that_could_not_be_published_is_found_by_the_sweep(cloud):
    cloud.finish()

    def refuse(*_: object) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cloud.jobs.send_outbox(JOB, {Topic.EVENTS: refuse})
    assert list(cloud.upkeep.unsent()) == [f"outbox/{JOB}:1:completed"]
    assert cloud.jobs.send_row(f"outbox/{JOB}:1:completed", {Topic.EVENTS: cloud.publish})
    assert list(cloud.upkeep.unsent()) == []


def test_a_retry_is_delivered_by_a_message_like_that_of_the_upload(cloud):
    cloud.jobs.fail(cloud.claim(), FAILURE, {})
    cloud.control.retry(JOB, {0: GENERATION}, token="t")
    cloud.jobs.send_outbox(JOB, {Topic.EVENTS: cloud.publish})
    assert cloud.published == []
    cloud.jobs.send_outbox(JOB, {Topic.UPLOADS: cloud.publish})
    (attributes,) = cloud.published
    assert attributes["eventId"] == f"{JOB}:2:pending"
    assert attributes["bucketId"] == "uploads"
    assert (attributes["objectId"], attributes["objectGeneration"]) == (ARRIVAL.name, str(GENERATION))
    assert attributes["priority"] == "normal"


def test_nothing_is_sent_for_a_job_that_has_nothing_to_say(cloud):
    cloud.jobs.send_outbox(JOB, {Topic.EVENTS: cloud.publish})
    cloud.jobs.send_outbox("0" * 20, {Topic.EVENTS: cloud.publish})
    assert cloud.published == []


def test_an_answer_is_kept_for_the_next_attempt(cloud):
    claim = cloud.claim()
    cloud.jobs.reserve(claim, "call", {"TEXT": 1500}, limit=2000)
    assert cloud.jobs.begin_call(claim, ["TEXT-call"]) is Outcome.HELD
    assert cloud.jobs.end_call(claim, ["TEXT-call"], "call", b"text" * 1000) is Outcome.HELD
    cloud.at += AFTER_LEASE
    assert cloud.jobs.answer(cloud.claim("b"), "call") == b"text" * 1000
    assert cloud.jobs.answer(claim, "another") is None


def test_an_answer_that_is_too_large_for_a_document_is_not_kept(cloud):
    claim = cloud.claim()
    assert cloud.jobs.end_call(claim, [], "call", random.Random(1).randbytes(1_000_000)) is Outcome.HELD
    assert cloud.jobs.answer(claim, "call") is None


def test_a_worker_that_was_away_asks_before_it_goes_on(cloud):
    claim = cloud.claim()
    hold = Hold(cloud.jobs, claim)
    cloud.at += LEASE / 3
    hold.check()
    assert cloud.jobs.get(JOB).update_time == T0
    cloud.at += LEASE / 3
    hold.check()
    assert cloud.jobs.get(JOB).lease_expire_time == cloud.at + LEASE
    cloud.control.cancel(JOB)
    hold.check()
    cloud.at += LEASE
    with pytest.raises(Lost) as lost:
        hold.check()
    assert lost.value.outcome is Outcome.ENDED


def test_what_is_given_up_is_said_in_the_log(cloud, caplog):
    assert cloud.upkeep.dead_letter(JOB) is Outcome.ENDED
    assert [record.message for record in caplog.records] == [
        f"Job {JOB} has FAILED: DELIVERY_EXHAUSTED after 0 attempts"
    ]


class Silent(ModelDatabase):
    """Applies the first commit and does not say so."""

    told = False

    def _once(self, paths, decide):
        committed, value = super()._once(paths, decide)
        told, self.told = self.told, True
        return committed and told, value


def test_a_failure_whose_commit_was_not_answered_is_said_once_all_the_same(caplog):
    cloud = Cloud(Silent(Fate(0), CALM, Unwatched(), meanwhile=lambda: None, away=lambda: False))
    assert cloud.upkeep.dead_letter(JOB) is Outcome.ENDED
    assert cloud.upkeep.dead_letter(JOB) is Outcome.ENDED
    assert [(record.levelname, record.labels["job_id"]) for record in caplog.records] == [("ERROR", JOB)]


def test_the_sweep_publishes_before_it_marks(cloud):
    """Dead in between, the next sweep publishes again; the other way round, nobody ever would."""
    cloud.at += PATIENCE.silence

    def die(*_: object) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        cloud.upkeep.look(JOB, Facts(photos={0: GENERATION}), die)
    assert cloud.jobs.get(JOB).redrive_time is None
    action = cloud.upkeep.look(JOB, Facts(photos={0: GENERATION}), cloud.publish)
    assert action.step is Step.DELIVER
    assert [attributes["objectGeneration"] for attributes in cloud.published] == [str(GENERATION)]
    assert cloud.jobs.get(JOB).redrive_time == cloud.at


def test_a_job_that_moves_while_the_sweep_looks_at_it_is_left_alone(cloud):
    cloud.at += PATIENCE.uploads
    database, read = cloud.database, cloud.database.read

    def read_and_move(path: str):
        before = read(path)
        database.read = read
        cloud.claim()
        return before

    database.read = read_and_move
    assert cloud.upkeep.look(JOB, Facts(photos={0: None}), cloud.publish).step is Step.FAIL
    assert cloud.jobs.get(JOB).stage is Stage.READING


def test_the_sweep_finds_what_is_not_final_and_what_is_not_purged(cloud):
    stone = "1" * 20
    cloud.database.documents[f"jobs/{stone}"] = to_document(a_job())
    cloud.database.documents["jobs/" + "2" * 20] = to_document(a_job())
    cloud.control.bury(stone)
    cloud.control.cancel("2" * 20)
    assert sorted(job_id for job_id, _ in cloud.upkeep.unfinished()) == sorted([JOB, stone])


def test_the_sweep_reads_more_than_one_page(cloud):
    for number in range(2 * PAGE + 1):
        cloud.database.documents[f"jobs/{number:020}"] = to_document(a_job())
    assert len({job_id for job_id, _ in cloud.upkeep.unfinished()}) == 2 * PAGE + 2


def test_a_purge_leaves_nothing_but_the_tombstone(cloud):
    cloud.finish()
    cloud.database.documents[f"jobs/{JOB}/conversations/c1/messages/m1"] = {}
    cloud.database.documents[f"cache/{JOB}:call"] = {"jobId": JOB}
    cloud.database.documents["requests/u:key"] = {"jobId": JOB}
    cloud.database.documents["cache/other"] = {"jobId": "other"}
    assert cloud.upkeep.purge(JOB, cloud) is Outcome.UNKNOWN
    cloud.control.bury(JOB)
    assert cloud.upkeep.purge(JOB, cloud) is Outcome.ENDED
    assert sorted(cloud.database.documents) == ["cache/other", f"jobs/{JOB}"]
    assert cloud.removed == [f"normal/{JOB}"]
    assert (cloud.jobs.get(JOB).uid, cloud.jobs.get(JOB).purge) == ("", "SETTLING")
    cloud.at += SETTLE
    cloud.upkeep.purge(JOB, cloud)
    assert cloud.jobs.get(JOB).purge == "DONE"


def test_a_purge_that_breaks_off_begins_again_from_the_start(cloud):
    cloud.finish()
    cloud.control.bury(JOB)

    def away(*_: object, **__: object):
        raise ConnectionError

    found, cloud.database.find = cloud.database.find, away
    with pytest.raises(ConnectionError):
        cloud.upkeep.purge(JOB, cloud)
    assert cloud.jobs.get(JOB).purge == "PENDING"
    cloud.database.find = found
    cloud.upkeep.purge(JOB, cloud)
    assert cloud.jobs.get(JOB).purge == "SETTLING"
    assert len(cloud.removed) == 2


def test_a_sender_that_comes_late_brings_no_row_of_a_deleted_job_back(cloud):
    cloud.finish()

    def publish_while_deleted(*_: object) -> None:
        cloud.control.bury(JOB)
        cloud.upkeep.purge(JOB, cloud)

    assert cloud.jobs.send_row(f"outbox/{JOB}:1:completed", {Topic.EVENTS: publish_while_deleted})
    assert not [path for path in cloud.database.documents if path.startswith("outbox/")]


def test_a_row_that_is_sent_already_is_not_written_again():
    row = outbox.ended(JOB, a_job(), T0)
    assert row.fields is not None
    (sent,) = outbox.sent(row.path, row.fields, T0)
    assert outbox.sent(row.path, sent.fields, T0 + timedelta(seconds=1)) == ()
    assert outbox.sent(row.path, None, T0) == ()
