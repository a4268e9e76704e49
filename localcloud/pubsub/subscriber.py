"""google.pubsub.v1.Subscriber."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from google.protobuf import empty_pb2

from localcloud.edge import Edge
from localcloud.pubsub import protos
from localcloud.pubsub.broker import Broker
from localcloud.pubsub.masks import merge
from localcloud.pubsub.names import check_project, check_subscription
from localcloud.pubsub.paging import page
from localcloud.pubsub.pull import pull
from localcloud.pubsub.received import received
from localcloud.pubsub.refusals import invalid
from localcloud.pubsub.settings import CHANGEABLE, read
from localcloud.pubsub.streaming import OpenStream
from localcloud.pubsub.subscription import Subscription
from localcloud.rpc import Duplex, Method, Unary


class Subscriber:
    """The calls of the Subscriber service on a broker."""

    def __init__(self, broker: Broker, *, edge: Edge) -> None:
        self._broker = broker
        self._edge = edge

    def methods(self) -> Mapping[str, Method]:
        """The table of calls."""
        return {
            "CreateSubscription": Unary(request=protos.Subscription, serve=self._create),
            "GetSubscription": Unary(request=protos.GetSubscriptionRequest, serve=self._get),
            "ListSubscriptions": Unary(request=protos.ListSubscriptionsRequest, serve=self._list),
            "UpdateSubscription": Unary(request=protos.UpdateSubscriptionRequest, serve=self._update),
            "DeleteSubscription": Unary(request=protos.DeleteSubscriptionRequest, serve=self._delete),
            "ModifyPushConfig": Unary(request=protos.ModifyPushConfigRequest, serve=self._modify_push_config),
            "Pull": Unary(request=protos.PullRequest, serve=self._pull),
            "StreamingPull": Duplex(request=protos.StreamingPullRequest, serve=self._streaming_pull),
            "Acknowledge": Unary(request=protos.AcknowledgeRequest, serve=self._acknowledge),
            "ModifyAckDeadline": Unary(request=protos.ModifyAckDeadlineRequest, serve=self._modify_ack_deadline),
        }

    def _subscription(self, name: str) -> Subscription:
        return self._broker.subscription(check_subscription(name))

    async def _create(self, request: Any, _context: Any) -> Any:
        return self._broker.create_subscription(read(request)).settings.proto

    async def _get(self, request: Any, _context: Any) -> Any:
        return self._subscription(request.subscription).settings.proto

    async def _list(self, request: Any, _context: Any) -> Any:
        prefix = f"{check_project(request.project)}/subscriptions/"
        names = (name for name in self._broker.subscriptions if name.startswith(prefix))
        shown, following = page(names, size=request.page_size, token=request.page_token)
        return protos.ListSubscriptionsResponse(
            subscriptions=[self._broker.subscriptions[name].settings.proto for name in shown],
            next_page_token=following,
        )

    async def _update(self, request: Any, _context: Any) -> Any:
        proto = protos.Subscription()
        proto.CopyFrom(self._subscription(request.subscription.name).settings.proto)
        merge(proto, request.subscription, request.update_mask, changeable=CHANGEABLE)
        self._broker.update_subscription(read(proto))
        return self._subscription(proto.name).settings.proto

    async def _delete(self, request: Any, _context: Any) -> Any:
        self._broker.delete_subscription(check_subscription(request.subscription))
        return empty_pb2.Empty()

    async def _modify_push_config(self, request: Any, _context: Any) -> Any:
        proto = protos.Subscription()
        proto.CopyFrom(self._subscription(request.subscription).settings.proto)
        proto.push_config.CopyFrom(request.push_config)
        self._broker.update_subscription(read(proto))
        return empty_pb2.Empty()

    async def _pull(self, request: Any, context: Any) -> Any:
        subscription = self._subscription(request.subscription)
        if request.max_messages < 1:
            raise invalid(f"max_messages is {request.max_messages}; it has to be at least 1.")
        patience = 0.0 if request.return_immediately else context.time_remaining()
        taken = await pull(subscription, limit=request.max_messages, patience=patience)
        return protos.PullResponse(received_messages=[received(subscription, entry) for entry in taken])

    async def _streaming_pull(self, requests: AsyncIterator[Any], _context: Any) -> AsyncIterator[Any]:
        iterator = aiter(requests)
        first = await anext(iterator, None)
        if first is None:
            return
        stream = OpenStream(self._subscription(first.subscription), first, edge=self._edge)
        async for answer in stream.answers(iterator):
            yield answer

    async def _acknowledge(self, request: Any, _context: Any) -> Any:
        self._subscription(request.subscription).acknowledge(request.ack_ids)
        return empty_pb2.Empty()

    async def _modify_ack_deadline(self, request: Any, _context: Any) -> Any:
        self._subscription(request.subscription).modify(request.ack_ids, request.ack_deadline_seconds)
        return empty_pb2.Empty()
