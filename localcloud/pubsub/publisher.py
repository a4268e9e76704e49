"""google.pubsub.v1.Publisher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2

from localcloud.pubsub import protos
from localcloud.pubsub.broker import Broker
from localcloud.pubsub.masks import merge
from localcloud.pubsub.message import check_publish
from localcloud.pubsub.names import check_project, check_subscription, check_topic
from localcloud.pubsub.paging import page
from localcloud.pubsub.topic import CHANGEABLE, check_topic_settings
from localcloud.rpc import Method, Unary


class Publisher:
    """The calls of the Publisher service on a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def methods(self) -> Mapping[str, Method]:
        """The table of calls."""
        return {
            "CreateTopic": Unary(request=protos.Topic, serve=self._create),
            "GetTopic": Unary(request=protos.GetTopicRequest, serve=self._get),
            "ListTopics": Unary(request=protos.ListTopicsRequest, serve=self._list),
            "UpdateTopic": Unary(request=protos.UpdateTopicRequest, serve=self._update),
            "DeleteTopic": Unary(request=protos.DeleteTopicRequest, serve=self._delete),
            "ListTopicSubscriptions": Unary(
                request=protos.ListTopicSubscriptionsRequest, serve=self._list_subscriptions
            ),
            "DetachSubscription": Unary(request=protos.DetachSubscriptionRequest, serve=self._detach),
            "Publish": Unary(request=protos.PublishRequest, serve=self._publish),
        }

    async def _create(self, topic: Any, _context: Any) -> Any:
        check_topic_settings(topic)
        self._broker.create_topic(topic)
        return topic

    async def _get(self, request: Any, _context: Any) -> Any:
        return self._broker.topic(check_topic(request.topic))

    async def _list(self, request: Any, _context: Any) -> Any:
        prefix = f"{check_project(request.project)}/topics/"
        names = (name for name in self._broker.topics if name.startswith(prefix))
        shown, following = page(names, size=request.page_size, token=request.page_token)
        return protos.ListTopicsResponse(
            topics=[self._broker.topics[name] for name in shown], next_page_token=following
        )

    async def _update(self, request: Any, _context: Any) -> Any:
        topic = protos.Topic()
        topic.CopyFrom(self._broker.topic(check_topic(request.topic.name)))
        merge(topic, request.topic, request.update_mask, changeable=CHANGEABLE)
        check_topic_settings(topic)
        self._broker.update_topic(topic)
        return topic

    async def _delete(self, request: Any, _context: Any) -> Any:
        self._broker.delete_topic(check_topic(request.topic))
        return empty_pb2.Empty()

    async def _list_subscriptions(self, request: Any, _context: Any) -> Any:
        topic = check_topic(request.topic)
        self._broker.topic(topic)
        names = (
            name
            for name, subscription in self._broker.subscriptions.items()
            if subscription.settings.proto.topic == topic and not subscription.settings.proto.detached
        )
        shown, following = page(names, size=request.page_size, token=request.page_token)
        return protos.ListTopicSubscriptionsResponse(subscriptions=shown, next_page_token=following)

    async def _detach(self, request: Any, _context: Any) -> Any:
        self._broker.detach_subscription(check_subscription(request.subscription))
        return protos.DetachSubscriptionResponse()

    async def _publish(self, request: Any, _context: Any) -> Any:
        check_publish(request.messages, request.ByteSize())
        numbers = self._broker.publish(check_topic(request.topic), request.messages)
        return protos.PublishResponse(message_ids=[str(number) for number in numbers])
