"""Notifications, from an upload over the wire to the call that would publish them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from localcloud.edge import Edge
from localcloud.ground import Ground
from localcloud.keys import Keys
from localcloud.storage.service import Storage
from localcloud.storage.store import Store
from localcloud.storage.times import now
from tests.running import free_ports

TOPIC = "projects/demo-loupe/topics/photos"


@dataclass
class Recorder:
    """Takes the place of Pub/Sub; `obstacle` may raise or wait before a message is taken."""

    obstacle: Callable[[], object] | None = None
    told: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    async def publish(self, topic, data, attributes) -> str:
        if self.obstacle is not None:
            waited = self.obstacle()
            if waited is not None:
                await waited
        self.told.append((topic, data, dict(attributes)))
        return str(len(self.told))

    async def wait_for(self, count: int) -> list[dict[str, str]]:
        for _ in range(400):
            if len(self.told) >= count:
                break
            await asyncio.sleep(0.005)
        assert len(self.told) == count
        return [attributes for _, _, attributes in self.told]


def ground_at(folder) -> Ground:
    return Ground(data=folder, ports=free_ports(), keys=Keys(folder / "keys"), edge=Edge())


@asynccontextmanager
async def running(ground: Ground, recorder: Recorder | None) -> AsyncIterator[tuple[Storage, httpx.AsyncClient]]:
    service = Storage(ground, recorder.publish if recorder else None)
    await service.start()
    service.ensure_bucket("photos")
    async with httpx.AsyncClient(base_url=ground.ports.url("storage"), timeout=5) as http:
        yield service, http
    await service.stop()


async def upload(http: httpx.AsyncClient, name: str, data: bytes = b"x") -> dict:
    answer = await http.post(
        "/upload/storage/v1/b/photos/o", params={"uploadType": "media", "name": name}, content=data
    )
    assert answer.status_code == 200
    return answer.json()


def test_an_upload_is_told_with_everything_pub_sub_subscribers_look_at(tmp_path):
    async def run():
        recorder = Recorder()
        ground = ground_at(tmp_path)
        async with running(ground, recorder) as (service, http):
            service.ensure_notification("photos", TOPIC, "high/", {"priority": "high"}, ["OBJECT_FINALIZE"])
            resource = await upload(http, "high/job/0")
            await upload(http, "normal/job/0")
            (attributes,) = await recorder.wait_for(1)
        topic, data, _ = recorder.told[0]
        assert topic == TOPIC
        assert json.loads(data) == resource
        assert attributes.pop("eventTime").endswith("Z")
        assert attributes == {
            "notificationConfig": "projects/_/buckets/photos/notificationConfigs/1",
            "eventType": "OBJECT_FINALIZE",
            "payloadFormat": "JSON_API_V1",
            "bucketId": "photos",
            "objectId": "high/job/0",
            "objectGeneration": resource["generation"],
            "priority": "high",
        }
        assert ground.edge.entered["storage.notify"] == 1

    asyncio.run(run())


def test_every_sort_of_event_is_told_with_the_generations_it_touches(tmp_path):
    async def run():
        recorder = Recorder()
        async with running(ground_at(tmp_path), recorder) as (service, http):
            service.ensure_notification("photos", TOPIC)
            first = (await upload(http, "o"))["generation"]
            second = (await upload(http, "o"))["generation"]
            await http.patch("/storage/v1/b/photos/o/o", json={"metadata": {"a": "b"}})
            copied = (await http.post("/storage/v1/b/photos/o/o/copyTo/b/photos/o/c")).json()["generation"]
            await http.delete("/storage/v1/b/photos/o/o")
            told = [
                (about["eventType"], about["objectId"], about["objectGeneration"])
                for about in await recorder.wait_for(6)
            ]
            assert told == [
                ("OBJECT_FINALIZE", "o", first),
                ("OBJECT_DELETE", "o", first),
                ("OBJECT_FINALIZE", "o", second),
                ("OBJECT_METADATA_UPDATE", "o", second),
                ("OBJECT_FINALIZE", "c", copied),
                ("OBJECT_DELETE", "o", second),
            ]
            assert recorder.told[1][2]["overwrittenByGeneration"] == second
            assert recorder.told[2][2]["overwroteGeneration"] == first
            await http.patch("/storage/v1/b/photos", json={"versioning": {"enabled": True}})
            await http.delete("/storage/v1/b/photos/o/c")
            assert (await recorder.wait_for(7))[6]["eventType"] == "OBJECT_ARCHIVE"

    asyncio.run(run())


def test_a_configuration_without_payload_sends_none(tmp_path):
    async def run():
        recorder = Recorder()
        async with running(ground_at(tmp_path), recorder) as (_, http):
            config = {"topic": f"//pubsub.googleapis.com/{TOPIC}", "payload_format": "NONE"}
            await http.post("/storage/v1/b/photos/notificationConfigs", json=config)
            await upload(http, "o")
            assert (await recorder.wait_for(1))[0]["payloadFormat"] == "NONE"
            assert recorder.told[0][1] == b""

    asyncio.run(run())


def test_the_same_wish_twice_is_one_configuration(tmp_path):
    async def run():
        async with running(ground_at(tmp_path), Recorder()) as (service, http):
            for _ in range(2):
                service.ensure_bucket("photos")
                service.ensure_notification("photos", TOPIC, "high/", {"priority": "high"}, ["OBJECT_FINALIZE"])
            service.ensure_notification("photos", TOPIC, "normal/", {"priority": "normal"}, ["OBJECT_FINALIZE"])
            listed = (await http.get("/storage/v1/b/photos/notificationConfigs")).json()["items"]
            assert [config["object_name_prefix"] for config in listed] == ["high/", "normal/"]

    asyncio.run(run())


def test_pub_sub_that_fails_neither_fails_nor_delays_the_upload_and_is_tried_again(tmp_path):
    async def run():
        failures = iter([OSError("down"), ValueError("confused"), KeyError("lost")])

        def fail() -> None:
            for failure in failures:
                raise failure

        recorder = Recorder(obstacle=fail)
        ground = ground_at(tmp_path)
        async with running(ground, recorder) as (service, http):
            service.ensure_notification("photos", TOPIC)
            await upload(http, "o")
            await recorder.wait_for(1)
            assert ground.edge.failed["storage.notify"] == 3

    asyncio.run(run())


def test_pub_sub_that_hangs_holds_up_nobody(tmp_path):
    async def run():
        first = iter([True])

        def hang_once():
            return asyncio.Event().wait() if next(first, False) else None

        recorder = Recorder(obstacle=hang_once)
        async with running(ground_at(tmp_path), recorder) as (service, http):
            service.ensure_notification("photos", TOPIC)
            for number in range(20):
                await upload(http, str(number))
            told = await recorder.wait_for(19)
            assert "0" not in {about["objectId"] for about in told}

    asyncio.run(run())


def test_what_could_not_be_told_before_a_stop_is_told_after_the_next_start(tmp_path):
    async def run():
        ground = ground_at(tmp_path)
        stuck = Recorder(obstacle=asyncio.Event().wait)
        for recorder in (None, stuck):
            async with running(ground, recorder) as (service, http):
                service.ensure_notification("photos", TOPIC)
                await upload(http, "with" if recorder else "without")
                await asyncio.sleep(0.05)
        recorder = Recorder()
        async with running(ground, recorder):
            told = await recorder.wait_for(2)
            assert sorted(about["objectId"] for about in told) == ["with", "without"]
        again = Recorder()
        async with running(ground, again):
            await asyncio.sleep(0.05)
            assert again.told == []

    asyncio.run(run())


def test_what_a_killed_run_had_under_way_is_told_at_once(tmp_path):
    async def run():
        ground = ground_at(tmp_path)
        async with running(ground, None) as (service, http):
            service.ensure_notification("photos", TOPIC)
            await upload(http, "o")
        with contextlib.closing(Store(tmp_path, "http://127.0.0.1")) as killed:
            assert len(killed.outbox.claim(most=10, until=now() + 3_600_000_000)) == 1
        recorder = Recorder()
        async with running(ground, recorder):
            await recorder.wait_for(1)

    asyncio.run(run())


def test_a_refused_upload_is_not_told(tmp_path):
    async def run():
        recorder = Recorder()
        async with running(ground_at(tmp_path), recorder) as (service, http):
            service.ensure_notification("photos", TOPIC)
            url = "/upload/storage/v1/b/photos/o"
            wrong = {"x-goog-hash": "crc32c=AAAAAA=="}
            await http.post(url, params={"uploadType": "media", "name": "bad"}, content=b"x", headers=wrong)
            await upload(http, "good")
            assert [about["objectId"] for about in await recorder.wait_for(1)] == ["good"]

    asyncio.run(run())


def test_a_bucket_made_for_local_use_lets_browsers_upload(tmp_path):
    async def run():
        async with running(ground_at(tmp_path), None) as (_, http):
            asked = {
                "origin": "http://localhost:4000",
                "access-control-request-method": "PUT",
                "access-control-request-headers": (
                    "content-type,x-goog-content-length-range,x-goog-if-generation-match"
                ),
            }
            answer = await http.options("/photos/o", headers=asked)
            assert answer.headers["access-control-allow-origin"] == "*"

    asyncio.run(run())
