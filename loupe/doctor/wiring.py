"""Whether buckets, notifications, topics and subscriptions are as the topology says, asked by Google's clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from localcloud.topology import PRIORITIES, TOPICS, UPLOADS, Names, subscriptions
from loupe.client.stack import reached_by_libraries
from loupe.doctor.finding import Finding, bad, good
from shared.storage.signing import SIGNED_HEADERS

if TYPE_CHECKING:
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
    from google.cloud.storage import Client

    from localcloud.ground import Ports
    from localcloud.supervisor.state import Running

TIMEOUT: Final = 5.0  # seconds for one call
FINALIZE: Final = "OBJECT_FINALIZE"
ANEW: Final = "Have it laid anew: loupe down, then loupe up"

# What of a subscription has to be as the topology says, in the words of its resource.
COMPARED: Final[Mapping[str, str]] = {
    "topic": "topic",
    "filter": "filter",
    "push_config.push_endpoint": "push endpoint",
    "push_config.oidc_token.audience": "audience of its tokens",
    "push_config.oidc_token.service_account_email": "account of its tokens",
    "ack_deadline_seconds": "ack deadline",
    "dead_letter_policy.dead_letter_topic": "dead-letter topic",
    "dead_letter_policy.max_delivery_attempts": "delivery attempts",
}


@dataclass(frozen=True, kw_only=True)
class Wires:
    """The clients by which a stack's wiring is looked at."""

    names: Names
    ports: Ports
    storage: Client
    publisher: PublisherClient
    subscriber: SubscriberClient


def look(running: Running) -> Iterator[Finding]:
    """Everything about the wiring of a running stack. Raises google.api_core errors where a service does not answer."""
    wires = _wires(running)
    names = wires.names
    wanted = (names.uploads_bucket, names.derived_bucket, names.models_bucket)
    yield buckets(wanted, [bucket.name for bucket in wires.storage.list_buckets(timeout=TIMEOUT)])
    there = wires.storage.lookup_bucket(names.uploads_bucket, timeout=TIMEOUT)
    if there is not None:
        yield notifications(names, list(there.list_notifications(timeout=TIMEOUT)))
        yield cors(there.cors)
    project = f"projects/{running.project}"
    found = [topic.name for topic in wires.publisher.list_topics(project=project, timeout=TIMEOUT)]
    yield topics([names.topic(name) for name in TOPICS], found)
    kept = {one.name: one for one in wires.subscriber.list_subscriptions(project=project, timeout=TIMEOUT)}
    yield from (subscription(one, kept.get(one.name)) for one in subscriptions(names, wires.ports))


def buckets(wanted: Sequence[str], found: Sequence[str]) -> Finding:
    """Whether there are the buckets."""
    missing = sorted(set(wanted) - set(found))
    if missing:
        return bad("Buckets", f"there is no bucket {', '.join(missing)}", ANEW)
    return good("Buckets", f"{len(wanted)} buckets")


def notifications(names: Names, found: Sequence[Any]) -> Finding:
    """Whether uploads of every priority are notified to the topic, once each."""
    topic = names.topic(UPLOADS).rpartition("/")[2]
    told = [
        (one.blob_name_prefix, one.custom_attributes.get("priority"))
        for one in found
        if one.topic_name == topic and FINALIZE in (one.event_types or [FINALIZE])
    ]
    wrong = [priority for priority in PRIORITIES if told.count((f"{priority}/", priority)) != 1]
    if wrong:
        detail = f"uploads of priority {', '.join(wrong)} are not told to the topic {topic} exactly once"
        return bad("Notifications", detail, ANEW)
    return good("Notifications", f"of {len(PRIORITIES)} priorities")


def cors(rules: Sequence[Mapping[str, Any]]) -> Finding:
    """Whether browsers may PUT with all the headers that the signature demands."""
    for rule in rules:
        allowed = {name.lower() for name in rule.get("responseHeader", ())}
        missing = sorted(set(SIGNED_HEADERS) - allowed) if "*" not in allowed else []
        if "PUT" in rule.get("method", ()) and not missing:
            return good("CORS", f"pages of {', '.join(rule.get('origin', ()))} may upload")
    lacking = f"PUT with the headers {', '.join(SIGNED_HEADERS)}"
    return bad("CORS", f"no rule of the uploads bucket allows {lacking}", f"{ANEW} (browsers only: apps need none)")


def topics(wanted: Sequence[str], found: Sequence[str]) -> Finding:
    """Whether there are the topics."""
    missing = [name.rpartition("/")[2] for name in wanted if name not in found]
    if missing:
        return bad("Topics", f"there is no topic {', '.join(missing)}", ANEW)
    return good("Topics", f"{len(wanted)} topics")


def subscription(wanted: Any, found: Any) -> Finding:
    """Whether a subscription is there and as it has to be. Both are `google.pubsub.v1.Subscription` messages."""
    name = wanted.name.rpartition("/")[2]
    title = f"Subscription {name}"
    if found is None:
        return bad(title, "it is not there: what is published waits for nobody", ANEW)
    wrong = []
    for path, words in COMPARED.items():
        should, is_now = _at(wanted, path), _at(found, path)
        if should != is_now:
            wrong.append(f"its {words} is {is_now or 'not set'} and not {should or 'unset'}")
    if wrong:
        return bad(title, "; ".join(wrong), ANEW)
    return good(title, f"pushes to {wanted.push_config.push_endpoint}" if wanted.push_config.push_endpoint else "kept")


def _at(message: Any, path: str) -> Any:
    for part in path.split("."):
        message = getattr(message, part)
    return message


def _wires(running: Running) -> Wires:
    import grpc
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import pubsub_v1, storage
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
    from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

    reached_by_libraries(running)
    channel = grpc.insecure_channel(running.ports.address("pubsub"), options=[("grpc.enable_http_proxy", 0)])
    return Wires(
        names=Names(project=running.project),
        ports=running.ports,
        storage=storage.Client(project=running.project, credentials=AnonymousCredentials()),
        publisher=pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
        subscriber=pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
    )
