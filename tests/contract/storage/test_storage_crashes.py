"""What is left after the process has been killed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from localcloud.edge import Edge
from localcloud.ground import Ground
from localcloud.keys import Keys
from localcloud.storage.service import Storage
from tests.running import LocalCloud

TOPIC = "projects/demo-loupe/topics/photos"


@contextlib.contextmanager
def client_of(cloud: LocalCloud) -> Iterator[storage.Client]:
    made = storage.Client(
        project="demo-loupe",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": cloud.ports.url("storage")},
    )
    with contextlib.closing(made):
        yield made


@pytest.fixture
def own_cloud(tmp_path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(data=tmp_path, only="storage").start()
    yield cloud
    if cloud.process.poll() is None:
        cloud.stop()


def told_after_restart(cloud: LocalCloud, *, wanted: int) -> list[str]:
    """The objects that a run with Pub/Sub tells of, on what the killed one has left."""
    told: list[str] = []

    async def publish(topic, _data, attributes):
        assert topic == TOPIC
        told.append(attributes["objectId"])
        return str(len(told))

    async def run():
        ground = Ground(data=cloud.data, ports=cloud.ports, keys=Keys(cloud.data / "keys"), edge=Edge())
        service = Storage(ground, publish)
        await service.start()
        for _ in range(500):
            if len(told) >= wanted:
                break
            await asyncio.sleep(0.01)
        await service.stop()

    asyncio.run(run())
    return told


def test_everything_that_was_acknowledged_survives_a_kill_with_its_notification(own_cloud):
    with client_of(own_cloud) as client:
        bucket = client.create_bucket("photos")
        bucket.notification(topic_name="photos", topic_project="demo-loupe", payload_format="JSON_API_V1").create()
    acknowledged = []
    url = f"{own_cloud.ports.url('storage')}/upload/storage/v1/b/photos/o?uploadType=media&name="

    def upload(worker: int) -> None:
        broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
        with requests.Session() as session, contextlib.suppress(*broken):
            for number in itertools.count():
                name = f"{worker}-{number}"
                session.post(url + name, data=name.encode() * 500).raise_for_status()
                acknowledged.append(name)

    workers = [threading.Thread(target=upload, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    while len(acknowledged) < 50:
        time.sleep(0.005)
    own_cloud.stop(signal.SIGKILL)
    for worker in workers:
        worker.join()
    own_cloud.start()
    with client_of(own_cloud) as client:
        kept = {blob.name: blob.download_as_bytes() for blob in client.list_blobs("photos")}
    own_cloud.stop()
    assert set(acknowledged) <= kept.keys()
    assert all(content == name.encode() * 500 for name, content in kept.items())
    assert sorted(told_after_restart(own_cloud, wanted=len(kept))) == sorted(kept)
    files = [path for path in (own_cloud.data / "blobs").rglob("*") if path.is_file()]
    assert len(files) == len(kept)


def test_a_resumable_upload_goes_on_after_a_kill(own_cloud):
    data = os.urandom(3 * 256 * 1024)
    with client_of(own_cloud) as client, requests.Session() as http:
        blob = client.create_bucket("photos").blob("o")
        url = blob.create_resumable_upload_session(content_type="image/jpeg", if_generation_match=0)
        first = {"content-range": f"bytes 0-262143/{len(data)}"}
        assert http.put(url, data=data[:262144], headers=first).status_code == 308
        own_cloud.stop(signal.SIGKILL)
        own_cloud.start()
        came = http.put(url, headers={"content-range": f"bytes */{len(data)}"}).headers["range"]
        assert came == "bytes=0-262143"
        rest = {"content-range": f"bytes 262144-{len(data) - 1}/{len(data)}"}
        assert http.put(url, data=data[262144:], headers=rest).status_code == 200
        own_cloud.stop(signal.SIGKILL)
        own_cloud.start()
        again = http.put(url, headers={"content-range": f"bytes */{len(data)}"})
        assert again.json()["name"] == "o"
        assert blob.download_as_bytes() == data


def test_what_an_interrupted_upload_left_behind_is_removed_at_the_next_start(own_cloud):
    with client_of(own_cloud) as client:
        client.create_bucket("photos").blob("kept").upload_from_file(io.BytesIO(b"x" * 100_000))
    url = f"{own_cloud.ports.url('storage')}/upload/storage/v1/b/photos/o?uploadType=media&name=half"
    killed = threading.Event()

    def half() -> Iterator[bytes]:
        yield b"x" * 1_000_000
        while not any(path.stat().st_size > 200_000 for path in blobs()):
            time.sleep(0.005)
        own_cloud.stop(signal.SIGKILL)
        killed.set()
        yield b"x"

    def blobs():
        return [path for path in (own_cloud.data / "blobs").rglob("*") if path.is_file()]

    with pytest.raises(requests.ConnectionError), requests.Session() as http:
        http.post(url, data=half())
    assert killed.is_set()
    assert len(blobs()) == 2
    own_cloud.start()
    assert len(blobs()) == 1
    with client_of(own_cloud) as client:
        assert [blob.name for blob in client.list_blobs("photos")] == ["kept"]
