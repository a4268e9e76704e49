"""What Google's Pub/Sub has and this one has not: every such call is answered UNIMPLEMENTED by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import empty_pb2

from localcloud.pubsub.refusals import unsupported
from localcloud.rpc import Method, Unary

PUBLISHER = ("ListTopicSnapshots",)
SUBSCRIBER = ("Seek", "CreateSnapshot", "GetSnapshot", "ListSnapshots", "UpdateSnapshot", "DeleteSnapshot")
SCHEMAS = (
    "CreateSchema",
    "GetSchema",
    "ListSchemas",
    "ListSchemaRevisions",
    "CommitSchema",
    "RollbackSchema",
    "DeleteSchemaRevision",
    "DeleteSchema",
    "ValidateSchema",
    "ValidateMessage",
)
IAM = ("SetIamPolicy", "GetIamPolicy", "TestIamPermissions")


def refusing(calls: Iterable[str]) -> Mapping[str, Method]:
    """A table of calls that are all refused. Requests of any type are read as a message without known fields."""
    return {call: _refusing(call) for call in calls}


def _refusing(call: str) -> Unary:
    async def refuse(_request: Any, _context: Any) -> Any:
        raise unsupported(call)

    return Unary(request=empty_pb2.Empty, serve=refuse)
