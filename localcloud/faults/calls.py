"""Every name under which a call passes the edge, what can befall it there, and by which details a rule can pick it."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from localcloud.faults import details
from localcloud.faults.details import Describe

DELAY: Final = "delay"

_ANY: Final = frozenset({DELAY, "error", "hang", "drop"})
_UNARY: Final = _ANY | {"malformed", "reorder"}
_STREAM: Final = _ANY | {"malformed"}
_HTTP: Final = _UNARY | {"truncate", "corrupt"}
_PUBLISHED: Final = frozenset({"duplicate new"})
_DELIVERED: Final = frozenset({"duplicate new", "duplicate same"})
_CLOCK: Final = frozenset({"skew"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One name. `upload`: its request has the body that counts, so that is what gets truncated or corrupted."""

    effects: frozenset[str]
    details: tuple[str, ...] = ()
    describe: Describe | None = None
    upload: bool = False


def _firestore() -> Iterator[tuple[str, Call]]:
    unary = {
        "GetDocument": details.named_document,
        "ListDocuments": details.listed_documents,
        "CreateDocument": details.new_document,
        "UpdateDocument": details.given_document,
        "DeleteDocument": details.named_document,
        "Commit": details.written_documents,
        "BatchWrite": details.written_documents,
    }
    for name, describe in unary.items():
        yield name, Call(effects=_UNARY, details=("document",), describe=describe)
    for name in ("BeginTransaction", "Rollback", "ListCollectionIds", "PartitionQuery", "ExecutePipeline"):
        yield name, Call(effects=_UNARY)
    streams = {
        "BatchGetDocuments": details.wanted_documents,
        "RunQuery": details.queried_documents,
        "RunAggregationQuery": details.aggregated_documents,
    }
    for name, describe in streams.items():
        yield name, Call(effects=_STREAM, details=("document",), describe=describe)
    for name in ("Listen", "Write"):
        yield name, Call(effects=_STREAM)
    yield "Listen.snapshot", Call(effects=_ANY)
    yield "Write.commit", Call(effects=_ANY, details=("document",), describe=details.written_documents)
    yield "clock", Call(effects=_CLOCK)


def _pubsub() -> Iterator[tuple[str, Call]]:
    yield "Publish", Call(effects=_UNARY | _PUBLISHED, details=("topic",), describe=details.given_topic)
    for name, describe in {
        "CreateTopic": details.named_topic,
        "GetTopic": details.given_topic,
        "DeleteTopic": details.given_topic,
        "ListTopicSubscriptions": details.given_topic,
        "ListTopicSnapshots": None,
        "UpdateTopic": None,
        "ListTopics": None,
    }.items():
        yield name, Call(effects=_UNARY, details=("topic",) if describe else (), describe=describe)
    given = ("GetSubscription", "DeleteSubscription", "DetachSubscription", "ModifyPushConfig", "ModifyAckDeadline")
    for name in (*given, "Pull", "Acknowledge"):
        yield name, Call(effects=_UNARY, details=("subscription",), describe=details.given_subscription)
    yield "CreateSubscription", _one_subscription(_UNARY, details.named_subscription)
    others = (
        *("UpdateSubscription", "ListSubscriptions", "Seek"),
        *("CreateSnapshot", "GetSnapshot", "ListSnapshots", "UpdateSnapshot", "DeleteSnapshot"),
        *("CreateSchema", "GetSchema", "ListSchemas", "ListSchemaRevisions", "CommitSchema", "RollbackSchema"),
        *("DeleteSchemaRevision", "DeleteSchema", "ValidateSchema", "ValidateMessage"),
        *("SetIamPolicy", "GetIamPolicy", "TestIamPermissions"),
    )
    for name in others:
        yield name, Call(effects=_UNARY)
    yield "StreamingPull", Call(effects=_STREAM)
    yield "push", _one_subscription(_ANY | {"reorder"} | _DELIVERED)
    yield "deliver", _one_subscription(_ANY | _DELIVERED)
    yield "clock", Call(effects=_CLOCK)


def _storage() -> Iterator[tuple[str, Call]]:
    for name in ("buckets.insert", "buckets.list", "batch", "unserved", "preflight"):
        yield name, Call(effects=_HTTP)
    buckets = ("buckets.get", "buckets.patch", "buckets.update", "buckets.delete", "objects.list")
    notifications = tuple(f"notifications.{verb}" for verb in ("insert", "list", "get", "delete"))
    for name in (*buckets, *notifications):
        yield name, Call(effects=_HTTP, details=("bucket",), describe=details.json_bucket)
    for verb in ("get", "patch", "update", "delete", "copy", "rewrite", "compose"):
        yield f"objects.{verb}", Call(effects=_HTTP, details=("bucket", "object"), describe=details.json_object)
    yield "objects.media", _download(details.json_object)
    for name in ("objects.insert", "uploads.put"):
        yield name, Call(effects=_HTTP, details=("bucket",), describe=details.json_bucket, upload=True)
    yield "uploads.delete", Call(effects=_HTTP, details=("bucket",), describe=details.json_bucket)
    yield "xml.get", _download(details.xml_object)
    yield "xml.put", Call(effects=_HTTP, details=("bucket", "object"), describe=details.xml_object, upload=True)
    for name in ("xml.head", "xml.delete", "xml.post"):
        yield name, Call(effects=_HTTP, details=("bucket", "object"), describe=details.xml_object)
    yield "notify", Call(effects=_ANY | {"reorder"} | _PUBLISHED, details=("bucket", "object", "event", "topic"))
    yield "clock", Call(effects=_CLOCK)


def _auth() -> Iterator[tuple[str, Call]]:
    names = (
        *("signUp", "signInWithPassword", "signInWithCustomToken", "lookup", "update", "delete", "createAuthUri"),
        *("sendOobCode", "resetPassword", "sendVerificationCode", "signInWithEmailLink", "signInWithIdp"),
        *("signInWithPhoneNumber", "batchDelete", "createSessionCookie", "batchCreate", "query", "batchGet"),
        *("token", "clear", "configure", "keys", "ready"),
    )
    for name in names:
        yield name, Call(effects=_HTTP)
    yield "clock", Call(effects=_CLOCK)


def _vision() -> Iterator[tuple[str, Call]]:
    for name in ("Images", "Files"):
        yield f"BatchAnnotate{name}", Call(effects=_UNARY)
        yield f"AsyncBatchAnnotate{name}", Call(effects=_UNARY)
    yield "annotate", Call(effects=_ANY)
    yield "fetch", Call(effects=_ANY, details=("bucket", "object"))


def _one_subscription(effects: frozenset[str], describe: Describe | None = None) -> Call:
    return Call(effects=effects, details=("subscription",), describe=describe)


def _download(describe: Describe) -> Call:
    return Call(effects=_HTTP | {"corrupt header"}, details=("bucket", "object"), describe=describe)


CALLS: Final[Mapping[str, Call]] = {
    f"{service}.{name}": call
    for service, calls in (
        ("firestore", _firestore()),
        ("pubsub", _pubsub()),
        ("storage", _storage()),
        ("auth", _auth()),
        ("vision", _vision()),
    )
    for name, call in calls
}


def matching(pattern: str) -> list[str]:
    """The names that a name or glob (`*`, `?`, `[…]`) stands for. Raises ValueError with the nearest ones if none."""
    found = [name for name in CALLS if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise ValueError(f"There is no call {pattern[:80]!r}.{_nearest(pattern)}")
    return found


def _nearest(pattern: str) -> str:
    by_lower = {name.lower(): name for name in CALLS}
    near = difflib.get_close_matches(pattern.lower()[:80], by_lower, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(by_lower[name] for name in near)}?"
    services = dict.fromkeys(name.partition(".")[0] for name in CALLS)
    return f" Names begin with {', '.join(f'{service}.' for service in services)} and `loupe faults calls` lists them."
