"""A subscription at work: its backlog, the timer that drives it, and those who wait for its messages."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from localcloud.pubsub.backlog import Backlog, Entry, State, Window, parse_ack_id
from localcloud.pubsub.refusals import invalid, precondition
from localcloud.pubsub.settings import Settings
from localcloud.pubsub.store import Store
from localcloud.rpc import RpcError

PACE = 0.1  # seconds that a refused message rests at least, so that refusing cannot become a busy loop
_SWEEP = 60.0  # seconds between looks for messages older than the retention

_LOG = logging.getLogger(__name__)


class Clock(Protocol):
    """The part of an event loop that a subscription needs."""

    def time(self) -> float:
        """Seconds on a clock that only moves forward."""

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Have `callback` called at `when`."""


Bury = Callable[["Subscription", Sequence[Entry]], bool]


class Subscription:
    """Keeps store and backlog in step; calls its watchers whenever a look at it may be worthwhile.

    `bury` moves entries to the dead-letter topic, in the store as well, or answers False and leaves them alone.
    """

    def __init__(self, *, number: int, settings: Settings, store: Store, clock: Clock, bury: Bury) -> None:
        self.number = number
        self.settings = settings
        self.backlog = Backlog(ordered=settings.ordered)
        self._store = store
        self._clock = clock
        self._bury = bury
        self._watchers: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._closed: RpcError | None = None
        self._swept = clock.time()

    @property
    def name(self) -> str:
        """`projects/P/subscriptions/S`."""
        return self.settings.name

    @property
    def open(self) -> bool:
        """False once it is deleted or the service stops."""
        return self._closed is None

    def check_pull(self) -> None:
        """Raises RpcError if messages cannot be pulled (any more)."""
        if self._closed is not None:
            raise self._closed
        if self.settings.proto.detached:
            raise precondition(f"The subscription is detached from its topic (resource={self.name}).")
        if self.settings.push is not None:
            raise precondition("This method is not supported for this subscription type: it pushes.")

    def attempt(self, entry: Entry) -> int | None:
        """The number of the current delivery, from 1; None without a dead-letter policy, as on Google's."""
        return entry.failures + 1 if self.settings.dead_letters else None

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` from now on when something has changed."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Stop calling it."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on. The order of messages cannot be among what differs."""
        self.settings = settings
        self._notify()

    def close(self, reason: RpcError) -> None:
        """Hand out nothing more; those who wait are told `reason`. What is in the store is left as it is."""
        self._closed = reason
        self.backlog = Backlog(ordered=self.settings.ordered)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._notify()

    def clear(self) -> None:
        """Forget all messages, in the store as well."""
        with self._store.transaction():
            self._store.clear_backlog(self.number)
        self.backlog = Backlog(ordered=self.settings.ordered)
        self._notify()

    def offer(self, entries: Iterable[Entry]) -> None:
        """Take in messages that the store already has."""
        for entry in entries:
            self.backlog.add(entry)
        self._notify()

    def take(
        self, window: Window, *, limit: int, limit_bytes: float = math.inf, lease: float | None = None
    ) -> list[Entry]:
        """Hand out ready messages for `lease` seconds: the ack deadline unless given, inf for no end."""
        now = self._clock.time()
        if now - self._swept >= _SWEEP:
            self._swept = now
            self._drop_old()
        until = now + (self.settings.ack_deadline if lease is None else lease)
        taken = self.backlog.take(window=window, until=until, limit=limit, limit_bytes=limit_bytes)
        self._arm()
        return taken

    def acknowledge(self, ack_ids: Iterable[str]) -> None:
        """Be done with messages; ids of earlier deliveries count too. Raises RpcError for what is no ack id."""
        found = (self.backlog.find(row) for row, _ in _parsed(ack_ids))
        self.settle([entry for entry in found if entry is not None])

    def modify(self, ack_ids: Iterable[str], seconds: int) -> None:
        """Give current deliveries that many seconds from now; 0 refuses them. Other ids have no effect."""
        if not 0 <= seconds <= 600:
            raise invalid(f"The ack deadline has to be 0 to 600 seconds, not {seconds}.")
        current = []
        for row, delivery in _parsed(ack_ids):
            entry = self.backlog.find(row)
            if entry is not None and entry.state is State.OUTSTANDING and entry.deliveries == delivery:
                current.append(entry)
        if seconds == 0:
            self.fail(current)
            return
        until = self._clock.time() + seconds
        for entry in current:
            self.backlog.extend(entry, until)
        self._arm()

    def settle(self, entries: Sequence[Entry]) -> None:
        """Be done with messages. Raises RpcError, with nothing changed, if that cannot be written down."""
        if not entries:
            return
        with self._store.transaction():
            self._store.remove_messages(entry.row for entry in entries)
        for entry in entries:
            self.backlog.remove(entry)
        self._notify()

    def fail(self, entries: Iterable[Entry], *, at_once: bool = False) -> None:
        """Deliveries came to nothing: again after the backoff (or `at_once`), or to the dead-letter topic."""
        each = dict.fromkeys(entries)
        present = [entry for entry in each if entry in self.backlog and entry.state is State.OUTSTANDING]
        buried = self._exhausted(present)
        again = [entry for entry in present if entry not in buried]
        now = self._clock.time()
        for entry in again:
            if at_once:
                self.backlog.release(entry)
            else:
                self.backlog.postpone(entry, now + self._pause(entry.failures + 1))
        for entry in buried:
            self.backlog.remove(entry)
        self._record_failures(again)
        self._notify()

    def release(self, window: Window) -> None:
        """Whoever held `window` has gone away: what was in it goes to others at once."""
        self.fail(self.backlog.held(window), at_once=True)

    def _pause(self, failures: int) -> float:
        backoff = self.settings.backoff
        return max(PACE, backoff.delay(failures)) if backoff else PACE

    def _exhausted(self, entries: Sequence[Entry]) -> set[Entry]:
        policy = self.settings.dead_letters
        spent = [entry for entry in entries if policy and entry.failures + 1 >= policy.attempts]
        if not spent:
            return set()
        try:
            return set(spent) if self._bury(self, spent) else set()
        except RpcError as error:
            _LOG.warning("%s: messages stay, as they cannot be dead-lettered: %s", self.name, error.message)
            return set()

    def _record_failures(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        try:
            with self._store.transaction():
                self._store.record_failures((entry.failures, entry.row) for entry in entries)
        except RpcError as error:
            _LOG.warning("%s: delivery attempts are not counted in the store: %s", self.name, error.message)

    def _drop_old(self) -> None:
        oldest = time.time() - self.settings.retention
        try:
            self.settle([entry for entry in self.backlog if entry.message.published < oldest])
        except RpcError as error:
            _LOG.warning("%s: messages past their retention stay: %s", self.name, error.message)

    def _notify(self) -> None:
        self._arm()
        if self._watchers:
            self._watchers.append(self._watchers.pop(0))  # so that watchers take turns at being first
        for watcher in tuple(self._watchers):
            watcher()

    def _arm(self) -> None:
        due = self.backlog.next_due()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.fail(self.backlog.tick(self._clock.time()))


def _parsed(ack_ids: Iterable[str]) -> list[tuple[int, int]]:
    try:
        return [parse_ack_id(ack_id) for ack_id in ack_ids]
    except ValueError:
        raise invalid("You have passed an invalid ack ID to the service.") from None
