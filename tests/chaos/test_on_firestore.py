"""The protocol on Firestore itself, through Google's client: what the model of the simulator leaves out."""

from __future__ import annotations

import pytest
from google.cloud import firestore

from shared.database import Write
from shared.documents import to_document
from shared.firestore import FirestoreDatabase
from shared.jobs.control import Control
from shared.jobs.outbox import Topic
from shared.jobs.protocol import Arrival, Completion, Outcome
from shared.jobs.store import Jobs
from shared.jobs.sweep import Facts, Step
from shared.jobs.upkeep import Upkeep
from shared.model.job import KEPT, Failure, Job, JobImage, new_job_id, now
from shared.model.states import State
from tests.chaos.memory import documents
from tests.running import local_cloud

FAILURE = Failure(status="INTERNAL", reason="DECODER_CRASHED", message="Send it again.", image=0)
DETAILS = {"images/0": {"n": 1}, "findings/text-000": {"n": 1}, "findings/text-001": {"n": 1}}


class Bench:
    """A job in the local Firestore, and everything that may be done with it."""

    def __init__(self, client: firestore.Client) -> None:
        self.database = FirestoreDatabase(client)
        self.jobs = Jobs(self.database, uploads_bucket="uploads")
        self.control = Control(self.jobs)
        self.upkeep = Upkeep(self.jobs)
        self.job_id = new_job_id()
        self.published: list[dict[str, str]] = []
        self.removed = 0
        at = now()
        images = {"0": JobImage(content_type="image/jpeg", size=9)}
        self.job = Job(uid="u", kind="inspection", images=images, create_time=at, update_time=at, expire_time=at + KEPT)
        self.write(f"jobs/{self.job_id}", to_document(self.job))

    def write(self, path: str, fields: dict) -> None:
        self.database.transact((), lambda _: (None, [Write(path=path, fields=fields)]))

    def claim(self):
        name = f"normal/{self.job_id}/0"
        arrival = Arrival(bucket="uploads", name=name, generation=7, size=9, content_type="image/jpeg")
        outcome, claim = self.jobs.arrive(self.job_id, 0, arrival, owner=new_job_id())
        assert (outcome, claim is not None) == (Outcome.CLAIMED, True)
        return claim

    def publish(self, _: bytes, attributes: dict[str, str]) -> None:
        self.published.append(attributes)

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        del job_id, job
        return {0: 7}

    def remove(self, job_id: str, priority: str) -> None:
        del job_id, priority
        self.removed += 1

    def now(self) -> Job:
        job = self.jobs.get(self.job_id)
        assert job is not None
        return job


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with local_cloud(tmp_path_factory.mktemp("cloud"), "firestore") as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", cloud.ports.address("firestore"))
        client = firestore.Client(project=cloud.project)
        yield client
        client.close()


@pytest.fixture
def bench(client) -> Bench:
    return Bench(client)


def test_a_job_with_paid_calls_from_claim_to_announcement(bench):
    claim = bench.claim()
    outcome, features = bench.jobs.reserve(claim, "call", {"TEXT": 1500, "COLORS": 1000}, limit=10**9)
    assert (outcome, set(features)) == (Outcome.HELD, {"TEXT", "COLORS"})
    assert bench.jobs.begin_call(claim, ["TEXT-call", "COLORS-call"]) is Outcome.HELD
    assert bench.jobs.end_call(claim, ["TEXT-call"], "call", b"what was read") is Outcome.HELD
    assert bench.jobs.answer(claim, "call") == b"what was read"
    assert bench.jobs.complete(claim, Completion(summary={}), DETAILS, refused={"COLORS-call"}) is Outcome.ENDED
    assert bench.now().cost == {"TEXT": 1500, "microUsd": 1500}
    assert bench.now().charges == {}
    entries = dict(bench.database.find(f"ledger/{now():%Y-%m-%d}/entries", "jobId", bench.job_id, limit=9))
    assert sorted((entry["feature"], entry["state"]) for entry in entries.values()) == [
        ("COLORS", "REFUNDED"),
        ("TEXT", "SETTLED"),
    ]
    bench.jobs.send_outbox(bench.job_id, {Topic.EVENTS: bench.publish})
    bench.jobs.send_outbox(bench.job_id, {Topic.EVENTS: bench.publish})
    assert [attributes["eventId"] for attributes in bench.published] == [f"{bench.job_id}:1:completed"]


def test_a_job_that_is_processed_again_has_the_new_details_alone(bench):
    bench.jobs.complete(bench.claim(), Completion(summary={}), DETAILS)
    bench.control.reprocess(bench.job_id, {0: 7}, token="t")
    bench.jobs.complete(bench.claim(), Completion(summary={}), {"images/0": {"n": 2}})
    path = f"jobs/{bench.job_id}"
    assert bench.database.below(path) == [f"{path}/images/0"]
    assert (bench.now().run, bench.now().attempt, bench.now().state) == (2, 2, State.COMPLETED)


def test_a_failed_job_is_retried_and_a_cancelled_one_is_not_worked_on(bench):
    bench.jobs.fail(bench.claim(), FAILURE, {})
    assert bench.control.retry(bench.job_id, {0: 7}, token="t")[0] is Outcome.QUEUED
    assert bench.control.retry(bench.job_id, {0: 7}, token="t")[0] is Outcome.QUEUED
    assert bench.now().run == 2
    claim = bench.claim()
    assert bench.control.cancel(bench.job_id)[0] is Outcome.ENDED
    assert bench.jobs.complete(claim, Completion(summary={}), DETAILS) is Outcome.ENDED
    assert bench.now().state is State.CANCELLED
    assert bench.database.below(f"jobs/{bench.job_id}") == []


def test_a_deleted_job_leaves_a_tombstone_and_nothing_comes_back(bench):
    claim = bench.claim()
    bench.jobs.end_call(claim, [], "call", b"what was read")
    bench.jobs.complete(claim, Completion(summary={"text": "secret"}), DETAILS)
    bench.write(f"jobs/{bench.job_id}/conversations/c1/messages/m1", {"text": "secret"})
    bench.write(f"requests/u:{bench.job_id}", {"jobId": bench.job_id})
    bench.write("shares/hash", {"jobId": bench.job_id})
    bench.control.hand_over(bench.job_id, giver="u", taker="v")
    assert bench.control.bury(bench.job_id) is Outcome.ENDED
    assert bench.upkeep.purge(bench.job_id, bench) is Outcome.ENDED
    assert bench.database.below(f"jobs/{bench.job_id}") == []
    for collection in ("outbox", "cache", "requests", "shares"):
        assert bench.database.find(collection, "jobId", bench.job_id, limit=9) == []
    left = bench.database.read(f"jobs/{bench.job_id}")
    assert "secret" not in str(left)
    assert (left["uid"], left["purge"], bench.removed) == ("", "SETTLING", 1)
    assert bench.jobs.release(claim, passing=True) is Outcome.ENDED
    assert bench.jobs.send_row(f"outbox/{bench.job_id}:1:completed", {Topic.EVENTS: bench.publish}) is False


def test_the_sweep_finds_what_it_has_to_look_at(bench):
    found = dict(bench.upkeep.unfinished())
    assert found[bench.job_id] == bench.now()
    assert bench.upkeep.look(bench.job_id, Facts(photos={0: None}), bench.publish).step is Step.WAIT
    bench.control.cancel(bench.job_id)
    assert bench.job_id not in dict(bench.upkeep.unfinished())
    assert f"outbox/{bench.job_id}:1:cancelled" in set(bench.upkeep.unsent())


@pytest.fixture(params=["firestore", "model"])
def database(request, client):
    return FirestoreDatabase(client) if request.param == "firestore" else documents()


def test_documents_are_found_by_a_field_page_by_page_in_the_order_of_their_paths(database):
    names = [f"d{number}" for number in range(5)]
    rows = [Write(path=f"found/{name}", fields={"state": "A" if name != "d2" else "B"}) for name in names]
    database.transact((), lambda _: (None, rows))
    first = database.find("found", "state", "A", limit=3)
    assert [path for path, _ in first] == ["found/d0", "found/d1", "found/d3"]
    rest = database.find("found", "state", "A", limit=3, after="found/d3")
    assert rest == [("found/d4", {"state": "A"})]
    assert database.find("found", "state", "C", limit=3) == []


def test_everything_below_a_document_is_listed_though_what_is_between_is_missing(database):
    paths = ["tops/t/ones/o", "tops/t/twos/absent/threes/th", "tops/u/ones/o"]
    database.transact((), lambda _: (None, [Write(path=path, fields={"n": 1}) for path in paths]))
    assert [path for path in database.below("tops/t") if path in paths] == paths[:2]
    assert database.list_documents("tops/t/ones") == ["tops/t/ones/o"]
    assert database.list_documents("tops/t/nothing") == []


def test_a_document_is_updated_where_it_was_read_and_set_where_it_was_not(database):
    write = lambda *writes: database.transact((), lambda _: (None, writes))  # noqa: E731
    write(Write(path="kinds/k", fields={"a": 1, "b": 1}))
    database.transact(["kinds/k"], lambda _: (None, [Write(path="kinds/k", fields={"a": 2})]))
    assert database.read("kinds/k") == {"a": 2, "b": 1}
    write(Write(path="kinds/k", fields={"b": 5}, add={"n": 2}), Write(path="kinds/k", fields={}, add={"n": 3}))
    assert database.read("kinds/k") == {"a": 2, "b": 5, "n": 5}
    write(Write(path="kinds/k", fields={"c": 1}))
    assert database.read("kinds/k") == {"c": 1}
    write(Write(path="kinds/k", fields=None))
    assert database.read("kinds/k") is None
