"""What a subscription is told to do: read from its protobuf, with Google's defaults and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from localcloud.pubsub import filter as filters
from localcloud.pubsub.labels import check_labels
from localcloud.pubsub.names import DELETED_TOPIC, check_subscription, check_topic
from localcloud.pubsub.protos import Subscription
from localcloud.pubsub.refusals import invalid, unsupported

DAY = 86_400  # seconds
CHANGEABLE = frozenset(
    {
        "ack_deadline_seconds",
        "dead_letter_policy",
        "enable_exactly_once_delivery",
        "expiration_policy",
        "labels",
        "message_retention_duration",
        "push_config",
        "retain_acked_messages",
        "retry_policy",
    }
)
_UNSUPPORTED = {
    "bigquery_config": "delivery to BigQuery",
    "cloud_storage_config": "delivery to Cloud Storage",
    "bigtable_config": "delivery to Bigtable",
    "retain_acked_messages": "keeping acknowledged messages, which only seek could replay",
    "enable_exactly_once_delivery": "exactly-once delivery",
    "message_transforms": "message transforms",
    "tags": "resource tags",
}


@dataclass(frozen=True, kw_only=True)
class Push:
    """Where and as whom to push; without `account` there is no token."""

    endpoint: str
    account: str = ""
    audience: str = ""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Seconds between deliveries of one message: doubling from `minimum` up to `maximum`."""

    minimum: float
    maximum: float

    def delay(self, failures: int) -> float:
        """The pause after that many failed deliveries (1 or more)."""
        return min(self.maximum, self.minimum * 2.0 ** min(failures - 1, 30))


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """Where messages go after `attempts` (5 to 100) failed deliveries."""

    topic: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A subscription's settings, checked. `proto` is the whole of it, as clients see it.

    The expiration policy is only shown to clients: here, no subscription is deleted because nobody uses it.
    """

    proto: Any
    matches: filters.Matcher | None
    ack_deadline: int  # seconds
    retention: int  # seconds
    ordered: bool
    push: Push | None
    backoff: Backoff | None
    dead_letters: DeadLetters | None

    @property
    def name(self) -> str:
        """`projects/P/subscriptions/S`."""
        return str(self.proto.name)


def read(given: Any) -> Settings:
    """The settings in a Subscription protobuf. Raises RpcError INVALID_ARGUMENT or UNIMPLEMENTED."""
    proto = _with_defaults(given)
    check_subscription(proto.name)
    if proto.topic != DELETED_TOPIC:
        check_topic(proto.topic)
    for field, _ in proto.ListFields():
        if field.name in _UNSUPPORTED:
            raise unsupported(_UNSUPPORTED[field.name])
    check_labels(proto.labels)
    if not 10 <= proto.ack_deadline_seconds <= 600:
        raise invalid(f"ack_deadline_seconds is {proto.ack_deadline_seconds}; it has to be 10 to 600.")
    _check_expiration(proto)
    return Settings(
        proto=proto,
        matches=_matcher(proto.filter),
        ack_deadline=proto.ack_deadline_seconds,
        retention=_retention(proto),
        ordered=proto.enable_message_ordering,
        push=_push(proto),
        backoff=_backoff(proto),
        dead_letters=_dead_letters(proto),
    )


def _with_defaults(given: Any) -> Any:
    proto = Subscription()
    proto.CopyFrom(given)
    for output_only in ("topic_message_retention_duration", "analytics_hub_subscription_info"):
        proto.ClearField(output_only)
    proto.state = Subscription.ACTIVE
    proto.ack_deadline_seconds = proto.ack_deadline_seconds or 10
    if not proto.HasField("message_retention_duration"):
        proto.message_retention_duration.seconds = 7 * DAY
    if not proto.HasField("expiration_policy"):
        proto.expiration_policy.ttl.seconds = 31 * DAY
    if proto.HasField("retry_policy"):
        policy = proto.retry_policy
        policy.minimum_backoff.seconds = policy.minimum_backoff.seconds if policy.HasField("minimum_backoff") else 10
        policy.maximum_backoff.seconds = policy.maximum_backoff.seconds if policy.HasField("maximum_backoff") else 600
    if proto.HasField("dead_letter_policy"):
        policy = proto.dead_letter_policy
        policy.max_delivery_attempts = policy.max_delivery_attempts or 5
    return proto


def _matcher(text: str) -> filters.Matcher | None:
    if not text:
        return None
    try:
        return filters.parse(text)
    except filters.FilterError as error:
        raise invalid(f"The filter is not valid: {error}.") from error


def _retention(proto: Any) -> int:
    seconds = int(proto.message_retention_duration.seconds)
    if not 600 <= seconds <= 31 * DAY:
        raise invalid(f"message_retention_duration is {seconds} s; it has to be 10 minutes to 31 days.")
    return seconds


def _check_expiration(proto: Any) -> None:
    policy = proto.expiration_policy
    if policy.HasField("ttl") and policy.ttl.seconds < DAY:
        raise invalid(f"expiration_policy.ttl is {policy.ttl.seconds} s; it has to be at least 1 day.")


def _push(proto: Any) -> Push | None:
    config = proto.push_config
    if not config.push_endpoint:
        return None
    if config.HasField("no_wrapper"):
        raise unsupported("push without the wrapper")
    if config.attributes.get("x-goog-version", "v1") not in {"v1", "v1beta2"}:
        raise unsupported("push in another format than v1")
    _check_endpoint(config.push_endpoint)
    if not config.HasField("oidc_token"):
        return Push(endpoint=config.push_endpoint)
    if not config.oidc_token.service_account_email:
        raise invalid("push_config.oidc_token needs a service_account_email.")
    return Push(
        endpoint=config.push_endpoint,
        account=config.oidc_token.service_account_email,
        audience=config.oidc_token.audience or config.push_endpoint,
    )


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise invalid(f"push_endpoint has to be an http or https URL, not {endpoint[:300]!r}.")


def _backoff(proto: Any) -> Backoff | None:
    if not proto.HasField("retry_policy"):
        return None
    minimum, maximum = (
        duration.seconds + duration.nanos / 1e9
        for duration in (proto.retry_policy.minimum_backoff, proto.retry_policy.maximum_backoff)
    )
    if not 0 <= minimum <= maximum <= 600:
        raise invalid(
            f"retry_policy backs off {minimum:g} to {maximum:g} s; it has to be 0 <= minimum <= maximum <= 600."
        )
    return Backoff(minimum=minimum, maximum=maximum)


def _dead_letters(proto: Any) -> DeadLetters | None:
    if not proto.HasField("dead_letter_policy"):
        return None
    policy = proto.dead_letter_policy
    if not 5 <= policy.max_delivery_attempts <= 100:
        raise invalid(f"max_delivery_attempts is {policy.max_delivery_attempts}; it has to be 5 to 100.")
    return DeadLetters(topic=check_topic(policy.dead_letter_topic), attempts=policy.max_delivery_attempts)
