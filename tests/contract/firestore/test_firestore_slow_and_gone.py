"""Listeners that do not read hold nobody up, and listeners that go away leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import time

import grpc.aio
import pytest

from localcloud.edge import Edge
from localcloud.firestore import wire
from localcloud.firestore.service import Firestore
from localcloud.ground import Ground
from localcloud.keys import Keys
from tests.contract.firestore.connecting import DATABASE, ROOT
from tests.running import free_ports

NAME = f"{ROOT}/slow/one"
PATIENCE_SECONDS = 5

# Channels to one address share a connection, and so its flow control, unless told otherwise.
ALONE = [("grpc.use_local_subchannel_pool", 1)]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def run(tmp_path, keys, scenario):
    """Run `scenario(service, channel)` beside the service, in one event loop."""

    async def main():
        ground = Ground(data=tmp_path, ports=free_ports(), keys=keys, edge=Edge())
        service = Firestore(ground)
        await service.start()
        try:
            async with grpc.aio.insecure_channel(ground.ports.address("firestore")) as channel:
                await scenario(service, channel)
        finally:
            await service.stop()
        assert service.listeners == 0

    asyncio.run(main())


def listen(channel):
    call = channel.stream_stream(
        "/google.firestore.v1.Firestore/Listen",
        lambda message: message.SerializeToString(),
        wire.ListenResponse.FromString,
    )
    return call()


def add_target():
    query = {"parent": ROOT, "structured_query": {"from_": [{"collection_id": "slow"}]}}
    return wire.ListenRequest(database=DATABASE, add_target={"query": query, "target_id": 1})


async def commit(channel, number, size=0):
    fields = {"n": {"integer_value": number}, "s": {"string_value": "x" * size}}
    request = wire.CommitRequest(database=DATABASE, writes=[{"update": {"name": NAME, "fields": fields}}])
    await channel.unary_unary(
        "/google.firestore.v1.Firestore/Commit",
        lambda message: message.SerializeToString(),
        wire.CommitResponse.FromString,
    )(request)


async def eventually(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_a_listener_that_cancels_leaves_nothing_behind(tmp_path, keys):
    async def scenario(service, channel):
        call = listen(channel)
        await call.write(add_target())
        await call.read()
        await eventually(lambda: service.listeners == 1)
        call.cancel()
        await eventually(lambda: service.listeners == 0)

    run(tmp_path, keys, scenario)


def test_a_listener_whose_connection_breaks_while_it_is_being_told_leaves_nothing_behind(tmp_path, keys):
    async def scenario(service, channel):
        async with grpc.aio.insecure_channel(service._ground.ports.address("firestore"), ALONE) as breaking:
            call = listen(breaking)
            await call.write(add_target())
            await eventually(lambda: service.listeners == 1)
            for number in range(5):
                await commit(channel, number, size=900_000)
        await eventually(lambda: service.listeners == 0)
        await commit(channel, 0)

    run(tmp_path, keys, scenario)


def test_the_targets_of_a_stream_that_is_open_when_the_service_stops_are_gone(tmp_path, keys):
    async def scenario(service, channel):
        call = listen(channel)
        await call.write(add_target())
        await call.read()
        await service.stop()
        assert service.listeners == 0
        with contextlib.suppress(grpc.aio.AioRpcError):
            while await call.read() is not grpc.aio.EOF:
                pass
        assert await call.code() == grpc.StatusCode.UNAVAILABLE

    run(tmp_path, keys, scenario)


def test_a_listener_that_does_not_read_delays_no_commit_and_is_told_the_latest_in_the_end(tmp_path, keys):
    async def scenario(service, channel):
        async with grpc.aio.insecure_channel(service._ground.ports.address("firestore"), ALONE) as reading:
            call = listen(reading)
            await call.write(add_target())
            await eventually(lambda: service.listeners == 1)
            began = time.monotonic()
            for number in range(40):
                await commit(channel, number, size=500_000)
            assert time.monotonic() - began < PATIENCE_SECONDS
            told = []
            while not told or told[-1] != 39:
                answer = await call.read()
                if answer.HasField("document_change"):
                    told.append(answer.document_change.document.fields["n"].integer_value)
            assert told == sorted(told)
            assert len(told) < 20
            call.cancel()

    run(tmp_path, keys, scenario)
