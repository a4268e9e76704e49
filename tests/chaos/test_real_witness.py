"""The witness of the real processes keeps the order in which a job changed, whichever listener is told first."""

from __future__ import annotations

import pytest
import requests
from google.cloud import firestore

from localcloud.faults.effects import Span
from tests.contract.faults.conftest import Faults
from tests.running import local_cloud
from tools.chaos_real.witness import JobWatch

JOB = "abcdefghij0123456789"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with local_cloud(tmp_path_factory.mktemp("cloud"), "firestore,auth") as running:
        yield running


@pytest.fixture
def client(cloud, monkeypatch):
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", cloud.ports.address("firestore"))
    client = firestore.Client(project=cloud.project)
    yield client
    client.close()


@pytest.fixture
def faults(cloud):
    with requests.Session() as http:
        rules = Faults(f"{cloud.ports.url('auth')}/localcloud/v1", http)
        yield rules
        rules.clear()


def states(watch: JobWatch) -> list[str]:
    return [seen.job["state"] for seen in watch.history(JOB)]


def test_a_late_listener_of_the_old_owner_does_not_undo_what_the_new_owner_was_told(client, faults):
    job = client.collection("jobs").document(JOB)
    with JobWatch(client, "giver") as watch:
        watch.follow("taker")
        client.collection("jobs").document("other").set({"uid": "taker"})
        job.set({"uid": "giver", "state": "PENDING"})
        assert watch.until(lambda: bool(watch.latest("other") and watch.latest(JOB)), 10)
        held = faults.add("firestore.Listen.snapshot", delay_ms=Span(low=1000, high=1000), count=1)
        job.update({"state": "PROCESSING"})  # the giver's listener is held up with this
        assert watch.until(lambda: faults.hits(held) == 1, 10)
        job.update({"uid": "taker", "state": "COMPLETED"})
        assert watch.until(lambda: len(states(watch)) == 3, 10)
        assert states(watch) == ["PENDING", "PROCESSING", "COMPLETED"]
        latest = watch.latest(JOB)
        assert latest is not None
        assert latest["state"] == "COMPLETED"
