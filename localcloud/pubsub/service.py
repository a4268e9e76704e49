"""The Pub/Sub service of the local cloud: gRPC for clients, and a few calls for the services beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import grpc.aio

from localcloud.faults.details import given_topic
from localcloud.ground import Ground
from localcloud.pubsub import unsupported
from localcloud.pubsub.broker import Broker
from localcloud.pubsub.message import check_publish
from localcloud.pubsub.oidc import PushTokens
from localcloud.pubsub.protos import PublishRequest, Topic
from localcloud.pubsub.publisher import Publisher
from localcloud.pubsub.push import Pushes
from localcloud.pubsub.refusals import stopping
from localcloud.pubsub.settings import read
from localcloud.pubsub.store import Store
from localcloud.pubsub.subscriber import Subscriber
from localcloud.pubsub.topic import check_topic_settings
from localcloud.pubsub.waiting import Waiting, waiting
from localcloud.rpc import handler, server

_GRACE = 0.5  # seconds that calls under way get to end when the service stops


class PubSub:
    """Topics and subscriptions of all projects, kept in `pubsub.sqlite3` in the data folder."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._wall = ground.edge.clock("pubsub")
        self._pushes = Pushes(edge=ground.edge, tokens=PushTokens(ground.keys, clock=self._wall))
        self._started: tuple[Store, Broker, grpc.aio.Server] | None = None

    async def start(self) -> None:
        """Returns when the port is open; raises RuntimeError if that or the store cannot be opened."""
        store = Store(self._ground.data / "pubsub.sqlite3")
        try:
            loop = asyncio.get_running_loop()
            broker = Broker(store=store, clock=loop, changed=self._pushes.follow, wall=self._wall)
            opened = server(self._ground.ports.address("pubsub"), *self._handlers(broker))
            await opened.start()
        except RuntimeError:
            await self._pushes.stop()
            store.close()
            raise
        self._started = (store, broker, opened)

    async def stop(self) -> None:
        """Returns when the port is closed, pushes under way are cut short, and everything is written down."""
        if self._started is None:
            return
        store, broker, opened = self._started
        self._started = None
        broker.close(stopping())
        await opened.stop(_GRACE)
        await self._pushes.stop()
        store.close()

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message to `projects/P/topics/T`, through the edge; returns its id.

        Raises RpcError NOT_FOUND for an unknown topic, INVALID_ARGUMENT for what may not be published.
        """
        request = PublishRequest(topic=topic)
        request.messages.add(data=data, attributes=attributes)
        async with self._ground.edge.around("pubsub.Publish", partial(given_topic, request)) as decision:
            check_publish(request.messages, request.ByteSize())
            numbers = [self._broker.publish(topic, request.messages)[0] for _ in range(1 + decision.copies)]
            return str(numbers[0])

    def ensure_topic(self, name: str) -> None:
        """Have that topic. Raises RpcError INVALID_ARGUMENT for a malformed name."""
        topic = Topic(name=name)
        check_topic_settings(topic)
        if name not in self._broker.topics:
            self._broker.create_topic(topic)

    def ensure_subscription(self, subscription: Any) -> None:
        """Have that subscription (a plain protobuf) with these settings; what it holds stays.

        Here, the filter may change too: it counts for messages published from now on. Raises RpcError NOT_FOUND
        for a missing topic, FAILED_PRECONDITION if it exists with another topic or ordering, INVALID_ARGUMENT.
        """
        settings = read(subscription)
        if settings.name in self._broker.subscriptions:
            self._broker.update_subscription(settings)
        else:
            self._broker.create_subscription(settings)

    def waiting(self) -> list[Waiting]:
        """What every subscription holds that is not acknowledged, by name; nothing while the service is down."""
        if self._started is None:
            return []
        now = self._wall()
        return [waiting(one, now) for _, one in sorted(self._started[1].subscriptions.items())]

    @property
    def _broker(self) -> Broker:
        if self._started is None:
            raise RuntimeError("Pub/Sub is not running")
        return self._started[1]

    def _handlers(self, broker: Broker) -> list[grpc.GenericRpcHandler]:
        edge = self._ground.edge
        publisher = {**Publisher(broker).methods(), **unsupported.refusing(unsupported.PUBLISHER)}
        subscriber = {**Subscriber(broker, edge=edge).methods(), **unsupported.refusing(unsupported.SUBSCRIBER)}
        return [
            handler("google.pubsub.v1.Publisher", "pubsub", edge, publisher),
            handler("google.pubsub.v1.Subscriber", "pubsub", edge, subscriber),
            handler("google.pubsub.v1.SchemaService", "pubsub", edge, unsupported.refusing(unsupported.SCHEMAS)),
            handler("google.iam.v1.IAMPolicy", "pubsub", edge, unsupported.refusing(unsupported.IAM)),
        ]
