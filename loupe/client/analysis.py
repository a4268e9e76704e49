"""Photos to results: every job created, sent and watched, several at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING, Final

import msgspec

from loupe.client import results, uploads, watching
from loupe.client.phone import Phone
from loupe.client.results import Result
from loupe.client.uploads import Wanted
from shared.errors import Internal, InvalidArgument, LoupeError
from shared.model.job import Job

if TYPE_CHECKING:
    from google.cloud.firestore import Client

AT_ONCE: Final = 8  # jobs that are sent and watched at the same time


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one job: a result, or why there is none. `seconds`: from asking until the end was seen."""

    wanted: Wanted
    seconds: float
    result: Result | None = None
    refusal: LoupeError | None = None

    @property
    def completed(self) -> bool:
        """Whether there is a result."""
        return self.result is not None and self.result.completed


class Listener:
    """Is told what happens to the jobs, by their index; all calls come from the thread that called `run`."""

    def created(self, index: int, job_id: str) -> None:
        """The job exists; its photos are on their way."""

    def changed(self, index: int, job: Job) -> None:
        """The job is now so."""

    def ended(self, index: int, outcome: Outcome) -> None:
        """Nothing more will happen to the job."""


Event = Callable[[Listener], None]


def run(phone: Phone, wanted: Sequence[Wanted], listener: Listener, *, within: float) -> list[Outcome]:
    """Bring every job to its end, or for at most `within` seconds; the outcomes come in the order of `wanted`."""
    client = watching.database(phone.running)
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    outcomes: dict[int, Outcome] = {}
    waiting = list(enumerate(wanted))[::-1]

    def work() -> None:
        try:
            while waiting:
                index, one = waiting.pop()
                outcome = outcomes[index] = _Errand(phone, client, index, one, events).bring(within)
                events.put(methodcaller("ended", index, outcome))
        finally:
            events.put(None)

    workers = min(AT_ONCE, len(wanted))
    for _ in range(workers):
        # A daemon: Ctrl-C ends the command at once, and the jobs go on without it.
        threading.Thread(target=work, daemon=True).start()
    while workers:
        event = events.get()
        if event is None:
            workers -= 1
        else:
            event(listener)
    return [outcomes.get(index) or _lost(one) for index, one in enumerate(wanted)]


class _Errand:
    """One job of many: asked for, sent, watched, read."""

    def __init__(
        self, phone: Phone, client: Client, index: int, wanted: Wanted, events: queue.SimpleQueue[Event | None]
    ) -> None:
        self._phone = phone
        self._client = client
        self._index = index
        self._wanted = wanted
        self._events = events

    def bring(self, within: float) -> Outcome:
        began = time.monotonic()
        try:
            result = self._result(within)
        except LoupeError as refusal:
            return Outcome(wanted=self._wanted, seconds=time.monotonic() - began, refusal=refusal)
        except OSError as error:
            gone = InvalidArgument("FILE_UNREADABLE", f"{error.filename}: {error.strerror}")
            return Outcome(wanted=self._wanted, seconds=time.monotonic() - began, refusal=gone)
        return Outcome(wanted=self._wanted, seconds=time.monotonic() - began, result=result)

    def _result(self, within: float) -> Result:
        job_id, places = uploads.create(self._phone, self._wanted)
        self._events.put(methodcaller("created", self._index, job_id))
        changes = watching.Watch(self._client, self._phone, job_id)
        with changes:
            uploads.send(self._phone, job_id, places, self._wanted.photos)
            for job in changes.until_final(within):
                self._events.put(methodcaller("changed", self._index, job))
        return results.read(self._phone, job_id)


def _lost(wanted: Wanted) -> Outcome:
    defect = Internal("CLIENT_DEFECT", "The command failed on this photo by a defect of its own; see the trace above.")
    return Outcome(wanted=wanted, seconds=0.0, refusal=defect)
