"""What a call is about, so that a rule can pick some calls of a name: the path of a document, the name of an object …

Each function takes the request as its service gets it: a protobuf message, or an HTTP request. A detail can have
several values, as a commit has several documents; a rule that wants a prefix is content with one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

Details = Mapping[str, Sequence[str]]
Describe = Callable[[Any], Details]


def subscription(full_name: str) -> Details:
    """By its full name and by its last part."""
    return {"subscription": _both(full_name)}


def topic(full_name: str) -> Details:
    """By its full name and by its last part."""
    return {"topic": _both(full_name)}


def named_document(request: Any) -> Details:
    """GetDocument, DeleteDocument."""
    return _documents([request.name])


def given_document(request: Any) -> Details:
    """UpdateDocument."""
    return _documents([request.document.name])


def new_document(request: Any) -> Details:
    """CreateDocument; without an id that the caller chose, the collection."""
    return _documents([f"{request.parent}/{request.collection_id}/{request.document_id}"])


def listed_documents(request: Any) -> Details:
    """ListDocuments: the collection."""
    return _documents([f"{request.parent}/{request.collection_id}/"])


def wanted_documents(request: Any) -> Details:
    """BatchGetDocuments."""
    return _documents(request.documents)


def written_documents(request: Any) -> Details:
    """Commit, BatchWrite, and the commits of a write stream."""
    return _documents(write.update.name or write.delete or write.transform.document for write in request.writes)


def queried_documents(request: Any) -> Details:
    """RunQuery: the collections."""
    return _documents(f"{request.parent}/{source.collection_id}/" for source in request.structured_query.from_)


def aggregated_documents(request: Any) -> Details:
    """RunAggregationQuery: the collections."""
    sources = request.structured_aggregation_query.structured_query.from_
    return _documents(f"{request.parent}/{source.collection_id}/" for source in sources)


def named_topic(request: Any) -> Details:
    """CreateTopic."""
    return topic(request.name)


def given_topic(request: Any) -> Details:
    """Publish, GetTopic, DeleteTopic."""
    return topic(request.topic)


def named_subscription(request: Any) -> Details:
    """CreateSubscription."""
    return subscription(request.name)


def given_subscription(request: Any) -> Details:
    """Pull, Acknowledge, ModifyAckDeadline and other calls on one subscription."""
    return subscription(request.subscription)


def json_bucket(request: Any) -> Details:
    """Calls of the JSON API on a bucket."""
    return {"bucket": [unquote(request.path_params["bucket"])]}


def json_object(request: Any) -> Details:
    """Calls of the JSON API on one object."""
    return {**json_bucket(request), "object": [unquote(request.path_params["object"])]}


def xml_object(request: Any) -> Details:
    """Calls of the XML API, which signed URLs use."""
    bucket, _, name = unquote(request.scope["path"]).removeprefix("/").partition("/")
    return {"bucket": [bucket], "object": [name]}


def _documents(names: Iterable[str]) -> Details:
    """Without the project and the database: `jobs/123`."""
    return {"document": [name.partition("/documents")[2].removeprefix("/") for name in names]}


def _both(full_name: str) -> Sequence[str]:
    return full_name, full_name.rpartition("/")[2]
