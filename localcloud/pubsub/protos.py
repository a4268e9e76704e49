"""The plain protobuf classes of google.pubsub.v1 that the service reads and writes.

The published package wraps them for comfort at the cost of speed; the wire needs only what is inside.
"""

from __future__ import annotations

from typing import Any

from localcloud.messages import types_of

[types] = types_of("google.pubsub_v1", "pubsub")

Topic: Any = types.Topic.pb()
Subscription: Any = types.Subscription.pb()
PubsubMessage: Any = types.PubsubMessage.pb()
ReceivedMessage: Any = types.ReceivedMessage.pb()

GetTopicRequest: Any = types.GetTopicRequest.pb()
UpdateTopicRequest: Any = types.UpdateTopicRequest.pb()
DeleteTopicRequest: Any = types.DeleteTopicRequest.pb()
ListTopicsRequest: Any = types.ListTopicsRequest.pb()
ListTopicsResponse: Any = types.ListTopicsResponse.pb()
ListTopicSubscriptionsRequest: Any = types.ListTopicSubscriptionsRequest.pb()
ListTopicSubscriptionsResponse: Any = types.ListTopicSubscriptionsResponse.pb()
DetachSubscriptionRequest: Any = types.DetachSubscriptionRequest.pb()
DetachSubscriptionResponse: Any = types.DetachSubscriptionResponse.pb()
PublishRequest: Any = types.PublishRequest.pb()
PublishResponse: Any = types.PublishResponse.pb()

GetSubscriptionRequest: Any = types.GetSubscriptionRequest.pb()
UpdateSubscriptionRequest: Any = types.UpdateSubscriptionRequest.pb()
DeleteSubscriptionRequest: Any = types.DeleteSubscriptionRequest.pb()
ListSubscriptionsRequest: Any = types.ListSubscriptionsRequest.pb()
ListSubscriptionsResponse: Any = types.ListSubscriptionsResponse.pb()
ModifyPushConfigRequest: Any = types.ModifyPushConfigRequest.pb()
ModifyAckDeadlineRequest: Any = types.ModifyAckDeadlineRequest.pb()
AcknowledgeRequest: Any = types.AcknowledgeRequest.pb()
PullRequest: Any = types.PullRequest.pb()
PullResponse: Any = types.PullResponse.pb()
StreamingPullRequest: Any = types.StreamingPullRequest.pb()
StreamingPullResponse: Any = types.StreamingPullResponse.pb()
