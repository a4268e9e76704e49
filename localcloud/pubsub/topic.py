"""What a topic may be told."""

from __future__ import annotations

from typing import Any

from localcloud.pubsub.labels import check_labels
from localcloud.pubsub.names import check_topic
from localcloud.pubsub.protos import Topic
from localcloud.pubsub.refusals import unsupported

CHANGEABLE = frozenset({"labels", "message_storage_policy"})

_UNSUPPORTED = {
    "kms_key_name": "customer-managed encryption keys",
    "schema_settings": "schemas",
    "message_retention_duration": "retention by the topic, which only seek could replay",
    "ingestion_data_source_settings": "ingestion from other services",
    "message_transforms": "message transforms",
    "tags": "resource tags",
}


def check_topic_settings(proto: Any) -> None:
    """Check a topic and set what is output only. Raises RpcError INVALID_ARGUMENT or UNIMPLEMENTED."""
    check_topic(proto.name)
    for field, _ in proto.ListFields():
        if field.name in _UNSUPPORTED:
            raise unsupported(_UNSUPPORTED[field.name])
    check_labels(proto.labels)
    proto.satisfies_pzs = False
    proto.state = Topic.ACTIVE
