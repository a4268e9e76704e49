"""What happens when calls fail at the edge of the service: before their effect, or after it."""

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from contextlib import asynccontextmanager

import grpc
import pytest
from google.api_core import exceptions

from localcloud.edge import Edge
from localcloud.ground import Ground
from localcloud.keys import Keys
from localcloud.pubsub.protos import Subscription
from localcloud.pubsub.service import PubSub
from localcloud.rpc import RpcError
from tests.contract.pubsub.clients import connected, data, eventually, refused
from tests.contract.pubsub.endpoint import endpoint
from tests.contract.pubsub.stream import Stream
from tests.running import free_ports


class FailingEdge(Edge):
    """Fails the next so many calls of a name."""

    def __init__(self):
        super().__init__()
        self.fail_before = Counter()
        self.fail_after = Counter()
        self.error = RpcError(grpc.StatusCode.UNAVAILABLE, "injected")

    @asynccontextmanager
    async def around(self, call, *arguments, **options):
        async with super().around(call, *arguments, **options) as passed:
            self._maybe(self.fail_before, call)
            yield passed
        self._maybe(self.fail_after, call)

    def _maybe(self, failures, call):
        if failures[call] > 0:
            failures[call] -= 1
            raise self.error


class Running:
    """A service in an event loop of its own thread."""

    def __init__(self, folder):
        self.edge = FailingEdge()
        self.ground = Ground(data=folder, ports=free_ports(), keys=Keys(folder / "keys"), edge=self.edge)
        self.service = PubSub(self.ground)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.wait(self.service.start())

    def wait(self, awaitable):
        return asyncio.run_coroutine_threadsafe(awaitable, self._loop).result(10)

    def call(self, function, *arguments):
        async def called():
            return function(*arguments)

        return self.wait(called())

    def close(self):
        self.wait(self.service.stop())
        left = self.call(lambda: [task for task in asyncio.all_tasks() if task is not asyncio.current_task()])
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        return left


@pytest.fixture
def running(tmp_path):
    made = Running(tmp_path)
    yield made
    assert made.close() == []


@pytest.fixture
def edge(running):
    return running.edge


@pytest.fixture
def pubsub(running):
    with connected(running.ground.ports.address("pubsub")) as clients:
        yield clients


@pytest.fixture
def topic(pubsub):
    return pubsub.topic()


@pytest.fixture
def subscription(pubsub, topic):
    return pubsub.subscription(topic)


def test_every_call_and_every_delivery_is_counted(pubsub, topic, subscription, edge):
    with endpoint() as there:
        pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        stream = Stream(pubsub, subscription)
        pubsub.publish(topic, b"1", b"2")
        eventually(lambda: len(there.pushed) == 2 and len(stream.messages) == 2)
        stream.cancel()
    names = ("CreateTopic", "CreateSubscription", "Publish", "StreamingPull", "deliver", "push")
    assert [edge.entered[f"pubsub.{name}"] for name in names] == [1, 2, 1, 1, 2, 2]


def test_a_publish_that_fails_before_its_effect_has_none(pubsub, topic, subscription, edge):
    edge.fail_before["pubsub.Publish"] = 1
    with refused(exceptions.ServiceUnavailable, match="injected"):
        pubsub.publish(topic, b"x")
    assert pubsub.nothing_comes(subscription)


def test_a_publish_that_fails_after_its_effect_has_it_all_the_same(pubsub, topic, subscription, edge):
    edge.fail_after["pubsub.Publish"] = 1
    with refused(exceptions.ServiceUnavailable, match="injected"):
        pubsub.publish(topic, b"x")
    assert data(pubsub.pull(subscription)) == [b"x"]


def test_a_push_that_fails_before_its_effect_is_sent_later(pubsub, topic, edge):
    edge.fail_before["pubsub.push"] = 2
    with endpoint() as there:
        pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.data() == [b"x"])


def test_a_push_whose_answer_is_lost_is_sent_twice(pubsub, topic, edge):
    edge.fail_after["pubsub.push"] = 1
    with endpoint() as there:
        pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.data() == [b"x", b"x"])


def pushes_under_way(running):
    return running.call(lambda: sum("Pusher" in repr(task.get_coro()) for task in asyncio.all_tasks()))


@pytest.mark.parametrize("ending", ["the subscription is deleted", "the service stops"])
def test_a_push_under_way_is_cut_short_when(running, pubsub, topic, caplog, ending):
    with endpoint(lambda _handler: time.sleep(1)) as there:
        subscription = pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
        assert pushes_under_way(running) == 1
        if ending == "the service stops":
            running.wait(running.service.stop())
        else:
            pubsub.subscriber.delete_subscription(subscription=subscription)
        eventually(lambda: pushes_under_way(running) == 0, within=0.5)
    assert caplog.text == ""  # it was not taken for a failure of the endpoint


def test_a_push_that_fails_in_an_unforeseen_way_is_sent_again(pubsub, topic, edge, caplog):
    edge.error = ZeroDivisionError("injected")
    edge.fail_before["pubsub.push"] = 1
    with endpoint() as there:
        pubsub.subscription(topic, "push", push_config={"push_endpoint": there.url})
        pubsub.publish(topic, b"x")
        eventually(lambda: there.data() == [b"x"])
    assert "failed unexpectedly" in caplog.text


def test_a_delivery_that_fails_on_its_way_to_a_stream_comes_again(pubsub, topic, subscription, edge):
    edge.fail_before["pubsub.deliver"] = 1
    stream = Stream(pubsub, subscription)
    pubsub.publish(topic, b"1", b"2")
    eventually(lambda: stream.data() == [b"2", b"1"])
    stream.cancel()


def test_a_stream_that_breaks_after_a_delivery_gives_it_to_the_next(pubsub, topic, subscription, edge):
    edge.fail_after["pubsub.deliver"] = 1
    pubsub.publish(topic, b"x")
    first = Stream(pubsub, subscription)
    eventually(first.ended)
    assert first.error.code() is grpc.StatusCode.UNAVAILABLE
    second = Stream(pubsub, subscription)
    eventually(lambda: second.data() == [b"x"])
    first.cancel()
    second.cancel()


def test_deliveries_that_always_fail_do_not_stop_the_service(pubsub, topic, subscription, edge):
    edge.fail_before["pubsub.deliver"] = 10**9
    stream = Stream(pubsub, subscription)
    pubsub.publish(topic, *[b"x"] * 10)
    eventually(lambda: edge.entered["pubsub.deliver"] > 20)
    pubsub.publish(topic, b"y")
    assert edge.entered["pubsub.deliver"] < 200
    stream.cancel()


def test_the_services_beside_it_publish_without_the_wire(running, pubsub, topic, subscription, edge):
    number = running.wait(running.service.publish(topic, b"x", {"eventType": "OBJECT_FINALIZE"}))
    (received,) = pubsub.pull(subscription)
    assert (received.message.message_id, received.message.data) == (number, b"x")
    assert dict(received.message.attributes) == {"eventType": "OBJECT_FINALIZE"}
    assert edge.entered["pubsub.Publish"] == 1
    for bad_topic, body, code in (
        (pubsub.path("topics", "gone"), b"x", grpc.StatusCode.NOT_FOUND),
        (topic, b"", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(RpcError) as caught:
            running.wait(running.service.publish(bad_topic, body, {}))
        assert caught.value.code is code


def test_a_topology_can_be_set_up_again_and_again(running, pubsub):
    service, topic = running.service, pubsub.path("topics", "uploads")
    wanted = Subscription(name=pubsub.path("subscriptions", "analyze"), topic=topic, filter="attributes:a")
    for _ in range(2):
        running.call(service.ensure_topic, topic)
        running.call(service.ensure_subscription, wanted)
    pubsub.publish(topic, b"kept", a="")
    wanted.filter, wanted.ack_deadline_seconds = "attributes:b", 120
    running.call(service.ensure_subscription, wanted)
    pubsub.publish(topic, b"other", a="")
    pubsub.publish(topic, b"new", b="")
    assert data(pubsub.pull(wanted.name)) == [b"kept", b"new"]
    assert pubsub.subscriber.get_subscription(subscription=wanted.name).ack_deadline_seconds == 120


def test_a_topology_that_contradicts_what_is_there_is_refused(running, pubsub, topic, subscription):
    running.call(running.service.ensure_topic, pubsub.path("topics", "other"))
    for changes, code in (
        ({"topic": pubsub.path("topics", "other")}, grpc.StatusCode.FAILED_PRECONDITION),
        ({"topic": topic, "enable_message_ordering": True}, grpc.StatusCode.FAILED_PRECONDITION),
        ({"topic": topic, "ack_deadline_seconds": 1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"name": pubsub.path("subscriptions", "new"), "topic": topic + "x"}, grpc.StatusCode.NOT_FOUND),
    ):
        with pytest.raises(RpcError) as caught:
            running.call(running.service.ensure_subscription, Subscription(**{"name": subscription, **changes}))
        assert caught.value.code is code


def test_a_taken_port_is_a_clear_error(running, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    ground = Ground(data=folder, ports=running.ground.ports, keys=running.ground.keys, edge=Edge())

    async def start():
        await PubSub(ground).start()

    with pytest.raises(RuntimeError, match=str(ground.ports.pubsub)):
        asyncio.run(start())


@pytest.mark.parametrize("content", [b"this is no database" * 100, None], ids=["garbage", "another version"])
def test_a_store_that_is_none_is_a_clear_error(tmp_path, content):
    path = tmp_path / "pubsub.sqlite3"
    if content is None:
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        path.write_bytes(content)
    ground = Ground(data=tmp_path, ports=free_ports(), keys=Keys(tmp_path / "keys"), edge=Edge())

    async def start():
        await PubSub(ground).start()

    with pytest.raises(RuntimeError, match=r"pubsub\.sqlite3 cannot be used"):
        asyncio.run(start())
    assert content is None or path.read_bytes() == content


def test_a_service_that_does_not_run_says_so(tmp_path):
    ground = Ground(data=tmp_path, ports=free_ports(), keys=Keys(tmp_path / "keys"), edge=Edge())
    service = PubSub(ground)
    asyncio.run(service.stop())
    with pytest.raises(RuntimeError, match="not running"):
        service.ensure_topic("projects/p/topics/photos")
