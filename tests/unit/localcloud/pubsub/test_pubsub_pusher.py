import asyncio

from localcloud.edge import Edge
from localcloud.pubsub.broker import Broker
from localcloud.pubsub.protos import PubsubMessage, Subscription, Topic
from localcloud.pubsub.pusher import CONCURRENCY, Pusher
from localcloud.pubsub.settings import read
from localcloud.pubsub.store import Store

TOPIC = "projects/p/topics/top"


def test_a_stopped_pusher_begins_nothing_new():
    sent = []

    async def never(_subscription, _push, entry, *_):
        sent.append(entry.row)
        await asyncio.sleep(60)

    async def stop_under_way():
        store = Store(":memory:")
        broker = Broker(store=store, clock=asyncio.get_running_loop(), changed=lambda _: None)
        broker.create_topic(Topic(name=TOPIC))
        proto = Subscription(name="projects/p/subscriptions/push", topic=TOPIC)
        proto.push_config.push_endpoint = "http://127.0.0.1:1/"
        pusher = Pusher(broker.create_subscription(read(proto)), post=never, edge=Edge())
        broker.publish(TOPIC, [PubsubMessage(data=b"x")] * 20)
        await asyncio.sleep(0.01)
        await pusher.stop()
        broker.publish(TOPIC, [PubsubMessage(data=b"x")])
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert [failures for _, _, failures, _ in store.backlog()] == [0] * 21
        store.close()

    asyncio.run(stop_under_way())
    assert len(sent) == CONCURRENCY
