"""What exists in the local cloud from the start: the same buckets, topics, notifications and subscriptions that
Terraform makes on Google Cloud. As data, and one function that brings a local cloud to it again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol, runtime_checkable

from localcloud.ground import Ports

PRIORITIES: Final = ("high", "normal", "batch")
UPLOADS: Final = "uploads"
DEAD: Final = "uploads-dead"
EVENTS: Final = "events"
TASKS: Final = "tasks"
TASKS_DEAD: Final = "tasks-dead"
BUDGET: Final = "budget"
TOPICS: Final = (UPLOADS, DEAD, EVENTS, TASKS, TASKS_DEAD, BUDGET)
KEPT: Final = {"events-kept": EVENTS, "tasks-dead-kept": TASKS_DEAD}  # pull subscription → topic
PUSHED: Final = {f"analyze-{priority}": priority for priority in PRIORITIES}  # push subscription → priority
PUSHED_TASKS: Final = "analyze-tasks"
PUSHED_DEAD: Final = "analyze-dead-letters"
PUSHED_BUDGET: Final = "analyze-budget"
SCHEDULE: Final = {  # task → how often it is published to TASKS
    "sweep": timedelta(minutes=2),
    "maintenance": timedelta(hours=1),
    "analytics": timedelta(hours=1),  # a day is counted once; the other hours are for what was missed
}

ACK_DEADLINE: Final = timedelta(seconds=120)  # app 60 s < function 90 s < ack deadline 120 s = lease
RETRY: Final = (timedelta(seconds=2), timedelta(seconds=20))
MAX_DELIVERY_ATTEMPTS: Final = 20


@runtime_checkable
class Buckets(Protocol):
    """What the topology needs of the storage service; each call changes nothing where all is as asked."""

    def ensure_bucket(self, name: str) -> None:
        """There is such a bucket."""

    def ensure_notification(
        self, bucket: str, topic: str, prefix: str, attributes: Mapping[str, str], event_types: Sequence[str]
    ) -> None:
        """Events of objects under `prefix` go to `topic` (full name) with these attributes."""


@runtime_checkable
class Topics(Protocol):
    """What the topology needs of the Pub/Sub service; each call changes nothing where all is as asked."""

    def ensure_topic(self, name: str) -> None:
        """There is such a topic (full name)."""

    def ensure_subscription(self, subscription: Any) -> None:
        """There is such a subscription (a `google.pubsub.v1.Subscription` message), with this very configuration."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The full names of a project's parts."""

    project: str

    @property
    def uploads_bucket(self) -> str:
        """Where clients put photos."""
        return f"{self.project}-uploads"

    @property
    def derived_bucket(self) -> str:
        """Where analyses put pictures."""
        return f"{self.project}-derived"

    @property
    def models_bucket(self) -> str:
        """Where models lie, with their manifests and aliases."""
        return f"{self.project}-models"

    @property
    def pusher(self) -> str:
        """The service account that pushes are signed for."""
        return f"pusher@{self.project}.iam.gserviceaccount.com"

    def topic(self, name: str) -> str:
        """The full name of a topic."""
        return f"projects/{self.project}/topics/{name}"

    def subscription(self, name: str) -> str:
        """The full name of a subscription."""
        return f"projects/{self.project}/subscriptions/{name}"


def push_audience(ports: Ports) -> str:
    """The audience of the OIDC token of every push, and where those of uploads go."""
    return f"{ports.url('analyze')}/"


def lay(services: Sequence[object], *, project: str, ports: Ports) -> None:
    """Bring the running services to the topology; what they keep from an earlier start is adapted to today's ports."""
    names = Names(project=project)
    for pubsub in services:
        if isinstance(pubsub, Topics):
            _lay_topics(pubsub, names, ports)
    for storage in services:
        if isinstance(storage, Buckets):
            _lay_buckets(storage, names)


def _lay_topics(pubsub: Topics, names: Names, ports: Ports) -> None:
    for topic in TOPICS:
        pubsub.ensure_topic(names.topic(topic))
    for subscription in subscriptions(names, ports):
        pubsub.ensure_subscription(subscription)


def _lay_buckets(storage: Buckets, names: Names) -> None:
    for bucket in (names.uploads_bucket, names.derived_bucket, names.models_bucket):
        storage.ensure_bucket(bucket)
    for priority in PRIORITIES:
        storage.ensure_notification(
            names.uploads_bucket,
            names.topic(UPLOADS),
            prefix=f"{priority}/",
            attributes={"priority": priority},
            event_types=("OBJECT_FINALIZE",),
        )


def subscriptions(names: Names, ports: Ports) -> Iterator[Any]:
    """Every subscription as a protobuf message: what is pushed to analyze, and what keeps messages to be pulled."""
    from google.pubsub_v1 import types

    for name, priority in PUSHED.items():
        wanted = {"filter": f'attributes.priority = "{priority}"', **_to_dead_letters(names, DEAD)}
        yield _pushed(names, ports, name, UPLOADS, "", **wanted)
    yield _pushed(names, ports, PUSHED_TASKS, TASKS, "tasks", **_to_dead_letters(names, TASKS_DEAD))
    yield _pushed(names, ports, PUSHED_BUDGET, BUDGET, "budget", **_to_dead_letters(names, TASKS_DEAD))
    yield _pushed(names, ports, PUSHED_DEAD, DEAD, "dead-letters")  # until they are taken: nothing is behind them
    for name, topic in KEPT.items():
        yield types.Subscription.pb(
            types.Subscription(name=names.subscription(name), topic=names.topic(topic), ack_deadline_seconds=60)
        )


def _pushed(names: Names, ports: Ports, name: str, topic: str, path: str, **more: Any) -> Any:
    from google.pubsub_v1 import types

    low, high = RETRY
    audience = push_audience(ports)
    return types.Subscription.pb(
        types.Subscription(
            name=names.subscription(name),
            topic=names.topic(topic),
            ack_deadline_seconds=int(ACK_DEADLINE.total_seconds()),
            push_config=types.PushConfig(
                push_endpoint=audience + path,
                oidc_token=types.PushConfig.OidcToken(service_account_email=names.pusher, audience=audience),
            ),
            retry_policy=types.RetryPolicy(minimum_backoff=low, maximum_backoff=high),
            **more,
        )
    )


def _to_dead_letters(names: Names, topic: str) -> dict[str, Any]:
    from google.pubsub_v1 import types

    return {
        "dead_letter_policy": types.DeadLetterPolicy(
            dead_letter_topic=names.topic(topic), max_delivery_attempts=MAX_DELIVERY_ATTEMPTS
        )
    }
