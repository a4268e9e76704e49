"""A job as it changes, by a Firestore listener as in an app."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from localcloud.supervisor.state import Running
from loupe.client.phone import Phone
from loupe.client.stack import reached_by_libraries
from shared.documents import from_document
from shared.errors import NotFound, Unavailable
from shared.model.job import Job

if TYPE_CHECKING:
    from google.cloud.firestore import Client

SILENCE: Final = 10.0  # seconds without a word after which the job is asked for, in case the listener was cut off


def database(running: Running) -> Client:
    """The Firestore of a stack."""
    reached_by_libraries(running)
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    return firestore.Client(project=running.project, credentials=AnonymousCredentials())


class Watch:
    """Listens to one job for the length of a `with` block, so that nothing is missed that happens meanwhile."""

    def __init__(self, client: Client, phone: Phone, job_id: str) -> None:
        self._document = client.document(f"jobs/{job_id}")
        self._phone = phone
        self._job_id = job_id
        self._changes: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self._listener = self._document.on_snapshot(self._changed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.unsubscribe()

    def until_final(self, within: float) -> Iterator[Job]:
        """The job now and after every change, until it is final.

        Raises NotFound if there is no such job or it is somebody else's, Unavailable after `within` seconds.
        """
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            job = self._next(deadline)
            yield job
            if job.state.terminal:
                return
        raise Unavailable(
            "STILL_RUNNING",
            f"The job is not done after {within:g} seconds. Go on watching with: loupe watch {self._job_id}",
        )

    def _next(self, deadline: float) -> Job:
        try:
            fields = self._changes.get(timeout=min(SILENCE, max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            fields = self._phone.get("status", f"/v1/jobs/{self._job_id}")
        if fields is None or fields["uid"] != self._phone.uid:
            raise NotFound("JOB_NOT_FOUND", f"You have no job {self._job_id}. List yours with: loupe jobs")
        return from_document(fields, Job)

    def _changed(self, snapshots: list[Any], *_: object) -> None:
        # No snapshot at all: there is no such document.
        self._changes.put(snapshots[0].to_dict() if snapshots else None)
