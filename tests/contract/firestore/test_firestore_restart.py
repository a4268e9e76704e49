"""What was answered is kept, however the process ends."""

from __future__ import annotations

import signal
import threading

import pytest
from google.api_core import exceptions

from tests.contract.firestore.connecting import DATABASE, ROOT, Wire, client_of, refusal
from tests.running import LocalCloud, local_cloud


@pytest.fixture
def own_cloud(tmp_path):
    with local_cloud(tmp_path, "firestore") as cloud:
        yield cloud


def test_everything_is_there_after_a_restart(own_cloud):
    with client_of(own_cloud.ports.address("firestore")) as client:
        document = client.document("a/1")
        document.set({"n": 1, "m": {"x": [1.5, None]}})
        client.document("a/2").set({"n": 2})
        client.document("a/2").delete()
        before = document.get()
    assert own_cloud.stop() == 0
    own_cloud.start()
    with client_of(own_cloud.ports.address("firestore")) as client:
        after = client.document("a/1").get()
        assert [found.id for found in client.collection("a").stream()] == ["1"]
        assert client.document("a/1").set({"n": 2}).update_time > before.update_time
    assert (after.to_dict(), after.create_time, after.update_time) == (
        before.to_dict(),
        before.create_time,
        before.update_time,
    )


def test_no_answered_write_is_lost_and_none_is_half_done_when_the_process_is_killed(own_cloud):
    answered = []

    def write(client):
        number = 0
        try:
            while True:
                batch = client.batch()
                batch.set(client.document(f"left/{number}"), {"n": number})
                batch.set(client.document(f"right/{number}"), {"n": number})
                batch.commit(retry=None, timeout=2)
                answered.append(number)
                number += 1
                if number == 50:
                    well_under_way.set()
        except exceptions.GoogleAPICallError:
            return

    well_under_way = threading.Event()
    with client_of(own_cloud.ports.address("firestore")) as client:
        writer = threading.Thread(target=write, args=(client,))
        writer.start()
        assert well_under_way.wait(10)
        own_cloud.stop(signal.SIGKILL)
        writer.join()
    own_cloud.start()
    with client_of(own_cloud.ports.address("firestore")) as client:
        left = {found.get("n") for found in client.collection("left").stream()}
        right = {found.get("n") for found in client.collection("right").stream()}
    assert left == right
    assert left >= set(answered)


def test_a_transaction_that_was_open_is_aborted_so_that_it_is_tried_again(own_cloud):
    wire = Wire(own_cloud.ports.address("firestore"))
    token = wire.unary("BeginTransaction", database=DATABASE).transaction
    wire.channel.close()
    own_cloud.stop(signal.SIGKILL)
    own_cloud.start()
    wire = Wire(own_cloud.ports.address("firestore"))
    write = {"update": {"name": f"{ROOT}/a/b"}}
    assert refusal(wire.unary, "Commit", database=DATABASE, transaction=token, writes=[write]) == "ABORTED"
    wire.unary("Rollback", database=DATABASE, transaction=token)
    wire.channel.close()


def test_a_listener_outlives_a_restart_and_learns_what_it_missed(own_cloud):
    snapshots = threading.Condition()
    seen = []

    def arrived(documents, _, __):
        with snapshots:
            seen.append({document.id: document.get("n") for document in documents})
            snapshots.notify()

    def wait_for(expected):
        with snapshots:
            assert snapshots.wait_for(lambda: seen and seen[-1] == expected, timeout=10), seen

    with client_of(own_cloud.ports.address("firestore")) as client:
        client.document("a/gone").set({"n": 1})
        client.document("a/kept").set({"n": 1})
        watch = client.collection("a").on_snapshot(arrived)
        wait_for({"gone": 1, "kept": 1})
        own_cloud.stop(signal.SIGKILL)
        own_cloud.start()
        client.document("a/gone").delete()
        client.document("a/new").set({"n": 2})
        wait_for({"kept": 1, "new": 2})
        watch.unsubscribe()


def test_a_second_process_on_the_same_data_refuses_to_start(own_cloud):
    second = LocalCloud(data=own_cloud.data, only="firestore")
    with pytest.raises(AssertionError, match="did not start"):
        second.start()
    assert second.stop() != 0
