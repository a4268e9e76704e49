"""A running stack, Google's clients for it, and its processes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.types import DeadLetterPolicy, RetryPolicy, Subscription
from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from localcloud.supervisor import background, state
from localcloud.supervisor.order import Order
from localcloud.supervisor.ports import free_ports
from localcloud.supervisor.state import Running
from localcloud.topology import DEAD, PUSHED, PUSHED_DEAD, PUSHED_TASKS, TASKS, TASKS_DEAD, Names
from loupe.client import watching
from loupe.client.faults import FaultsClient
from tools.chaos_real.setting import ACK_DEADLINE, BACKOFF, MAX_DELIVERIES, Setting

TIMEOUT: Final = 20.0  # seconds, of a call to the services
_environment = threading.Lock()  # Firestore's client finds its emulator by the environment


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One stack. The clients are Google's, as any program's."""

    running: Running
    setting: Setting
    firestore: Any
    objects: storage.Client
    publisher: PublisherClient
    subscriber: SubscriberClient
    faults: FaultsClient
    points: Path  # the folder in which fail-points are counted

    @property
    def names(self) -> Names:
        """The full names of its buckets and topics."""
        return Names(project=self.running.project)

    @property
    def logs(self) -> Path:
        """The folder of what its processes have said."""
        return Path(self.running.data) / "logs"

    def master(self, function: str = "analyze") -> psutil.Process:
        """The process that a container would start: gunicorn's master."""
        found = state.running(Path(self.running.data))
        assert found is not None, "the stack is gone"
        return psutil.Process(next(process.pid for process in found.processes if process.name == function))

    def workers(self, function: str = "analyze") -> list[psutil.Process]:
        """The processes that serve requests."""
        with contextlib.suppress(psutil.NoSuchProcess, StopIteration):
            return [child for child in self.master(function).children() if _serves(child)]
        return []

    def entered(self, call: str) -> int:
        """How often a call of the local cloud was made since the start."""
        return sum(int(known["entered"]) for known in self.faults.calls() if known["name"] == call)

    def task(self, name: str, **attributes: str) -> None:
        """Ask for a task, as Cloud Scheduler does."""
        topic = self.names.topic(TASKS)
        self.publisher.publish(topic, b"", task=name, **attributes, timeout=TIMEOUT).result(TIMEOUT)

    def hits(self, point: str) -> int:
        """How often a fail-point was picked."""
        with contextlib.suppress(FileNotFoundError):
            return (self.points / f"{point}.hits").stat().st_size
        return 0


@contextlib.contextmanager
def running_cloud(folder: Path, setting: Setting, runs: int) -> Iterator[Cloud]:
    """A stack of its own for so many runs, tuned, for the length of a `with` block."""
    points = folder / "points"
    order = Order(
        data=str(folder / "data"), ports=free_ports(), overrides=setting.overrides(state=str(points), runs=runs)
    )
    with background.temporary(order, note=lambda _: None) as running, contextlib.ExitStack() as opened:
        cloud = _connected(running, setting, points, opened)
        tune(cloud)
        yield cloud


def tune(cloud: Cloud) -> None:
    """Have deliveries that failed come again soon, and give up late."""
    low, high = BACKOFF
    for name, dead in (*((name, DEAD) for name in PUSHED), (PUSHED_TASKS, TASKS_DEAD), (PUSHED_DEAD, "")):
        letters = {"dead_letter_topic": cloud.names.topic(dead), "max_delivery_attempts": MAX_DELIVERIES}
        change(
            cloud,
            name,
            ack_deadline_seconds=int(ACK_DEADLINE.total_seconds()),
            retry_policy=RetryPolicy(minimum_backoff=low, maximum_backoff=high),
            **({"dead_letter_policy": DeadLetterPolicy(**letters)} if dead else {}),
        )


def change(cloud: Cloud, subscription: str, **changes: Any) -> None:
    """Set fields of a subscription, as an operator does."""
    changed = Subscription(name=cloud.names.subscription(subscription), **changes)
    request = {"subscription": changed, "update_mask": FieldMask(paths=sorted(changes))}
    cloud.subscriber.update_subscription(request=request, timeout=TIMEOUT, retry=None)


def _connected(running: Running, setting: Setting, points: Path, opened: contextlib.ExitStack) -> Cloud:
    channel = grpc.insecure_channel(running.ports.address("pubsub"))
    opened.callback(channel.close)
    with _environment:
        firestore = watching.database(running)
    opened.callback(firestore.close)
    objects = storage.Client(
        project=running.project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": running.urls["storage"]},
    )
    opened.callback(objects.close)
    return Cloud(
        running=running,
        setting=setting,
        firestore=firestore,
        objects=objects,
        publisher=PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
        subscriber=SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
        faults=FaultsClient(running),
        points=points,
    )


def _serves(child: psutil.Process) -> bool:
    """Whether a child of gunicorn's master is one of its workers, which are forks of it and nothing else."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any("functions_framework" in part for part in child.cmdline())
    return False
