"""What can be seen from outside while it happens: jobs as a listener sees them, and events as a receiver gets them."""

from __future__ import annotations

import threading
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from operator import attrgetter
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from google.cloud.firestore_v1.base_query import FieldFilter

from tools.chaos_real.cloud import Cloud

KEPT: Final = "events-kept"  # the pull subscription of the local cloud that keeps all events
TOLD: Final = ("run", "state", "stage", "attempt", "releases", "leaseOwner", "uid", "purge")
Fields = dict[str, Any]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a job, written at `written`, as a listener was told it `at` seconds after the row began."""

    at: float
    written: datetime
    job: Fields

    def __str__(self) -> str:
        told = [f"{name}={self.job.get(name)}" for name in TOLD if self.job.get(name) is not None]
        reason = (self.job.get("error") or {}).get("reason")
        return f"{self.at:8.3f} s  {' '.join(told)}{f' error={reason}' if reason else ''}"


class JobWatch:
    """Firestore listeners on the jobs of some users, for the length of a `with` block.

    Each user has a listener of its own, and listeners owe each other nothing: when a job changes hands, the old
    owner's may still bring what the new owner's has long gone past. Versions are therefore kept as they were written.
    """

    def __init__(self, firestore: Any, uid: str) -> None:
        self._firestore = firestore
        self._uid = uid
        self._listeners: list[Any] = []
        self._followed: set[str] = set()
        self._began = time.monotonic()
        self._seen: defaultdict[str, list[Seen]] = defaultdict(list)
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self.follow(self._uid)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners:
            listener.unsubscribe()

    def follow(self, uid: str) -> None:
        """Listen to the jobs of another user, too."""
        with self._changed:
            if uid in self._followed:
                return
            self._followed.add(uid)
        query = self._firestore.collection("jobs").where(filter=FieldFilter("uid", "==", uid))
        self._listeners.append(query.on_snapshot(self._on_snapshot))

    def history(self, job_id: str) -> list[Seen]:
        """Every version of the job that a listener was told, in the order in which they were written."""
        with self._changed:
            return list(self._seen[job_id])

    def latest(self, job_id: str) -> Fields | None:
        """The newest version of the job that was seen."""
        with self._changed:
            return self._seen[job_id][-1].job if self._seen[job_id] else None

    def until(self, true: Callable[[], bool], within: float) -> bool:
        """Wait until something has become true of what was seen; whether it has."""
        deadline = time.monotonic() + within
        while not true():
            with self._changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.25))
        return True

    def _on_snapshot(self, _snapshots: object, changes: list[Any], _time: object) -> None:
        with self._changed:
            at = round(time.monotonic() - self._began, 3)
            for change in changes:
                if change.type.name != "REMOVED":
                    document = change.document
                    seen = Seen(at=at, written=document.update_time, job=document.to_dict())
                    insort(self._seen[document.id], seen, key=attrgetter("written"))
            self._changed.notify_all()


class Mailbox:
    """Receives every event of a stack, as an app's backend would, for the length of a `with` block."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._copies: defaultdict[str, list[bytes]] = defaultdict(list)

    def __enter__(self) -> Self:
        subscription = self._cloud.names.subscription(KEPT)
        self._pull = self._cloud.subscriber.subscribe(subscription, callback=self._received)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pull.cancel()
        self._pull.result(timeout=10)

    def copies(self) -> dict[str, list[bytes]]:
        """What was received, by the event's id."""
        with self._lock:
            return {event_id: list(copies) for event_id, copies in self._copies.items()}

    def of(self, job_id: str) -> Iterator[tuple[str, list[bytes]]]:
        """What was received of one job."""
        return ((event_id, copies) for event_id, copies in self.copies().items() if event_id.startswith(f"{job_id}:"))

    def _received(self, message: Any) -> None:
        with self._lock:
            self._copies[message.attributes["eventId"]].append(message.data)
        message.ack()
