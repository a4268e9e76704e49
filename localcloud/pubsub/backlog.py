"""The messages of one subscription that are not acknowledged: a state machine without a clock of its own.

            take                      acknowledge, dead letter
    READY ────────▶ OUTSTANDING ─────────────────────────────▶ gone
      ▲                 │  │
      │     release     │  │ postpone (refused, or its deadline passed)
      ├─────────────────┘  ▼
      └──────────────── DELAYED
             tick

Every call takes the time as a number of seconds on a clock that only moves forward.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from localcloud.pubsub.message import Message

_ACK_ID = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,8})")


class State(Enum):
    """Where a message of a backlog is."""

    READY = "ready"
    OUTSTANDING = "outstanding"
    DELAYED = "delayed"


@dataclass(kw_only=True, slots=True, eq=False)
class Window:
    """What one puller holds now and may hold at most; a limit of 0 or less is none."""

    messages_limit: int = 0
    bytes_limit: int = 0
    bytes_held: int = 0
    held: set[int] = field(default_factory=set)

    def has_room(self) -> bool:
        """Whether one more message may be handed out."""
        if 0 < self.messages_limit <= len(self.held):
            return False
        return not 0 < self.bytes_limit <= self.bytes_held


@dataclass(kw_only=True, slots=True, eq=False)
class Entry:
    """One message in one backlog. `row` is its place in line and its name in the store."""

    row: int
    message: Message
    failures: int = 0  # deliveries that were refused or not answered in time
    deliveries: int = 0
    state: State = State.READY
    due: float = math.inf  # end of the lease when outstanding, of the pause when delayed
    window: Window | None = None

    @property
    def ack_id(self) -> str:
        """The name of the latest delivery."""
        return f"{self.row:x}-{self.deliveries:x}"

    @property
    def size(self) -> int:
        """Bytes that flow control counts."""
        return len(self.message.body)


def parse_ack_id(text: str) -> tuple[int, int]:
    """Row and number of the delivery. Raises ValueError if `text` was never an ack id."""
    match = _ACK_ID.fullmatch(text)
    if match is None:
        raise ValueError("not an ack id")
    return int(match[1], 16), int(match[2], 16)


class Backlog:
    """Hands out what is ready in order of publication, to as many pullers as there are.

    With `ordered`, messages of one ordering key leave one at a time: the next only when the one before is gone.
    """

    def __init__(self, *, ordered: bool) -> None:
        self._ordered = ordered
        self._entries: dict[int, Entry] = {}
        self._ready: list[int] = []
        self._timers: list[tuple[float, int]] = []
        self._lanes: dict[str, deque[Entry]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, entry: Entry) -> bool:
        return self._entries.get(entry.row) is entry

    def find(self, row: int) -> Entry | None:
        """The entry of that row, unless it is gone."""
        return self._entries.get(row)

    def add(self, entry: Entry) -> None:
        """Put a READY entry in line."""
        self._entries[entry.row] = entry
        lane = self._lane(entry)
        if lane is not None:
            lane.append(entry)
            if lane[0] is not entry:
                return
        heapq.heappush(self._ready, entry.row)

    def take(self, *, window: Window, until: float, limit: int, limit_bytes: float = math.inf) -> list[Entry]:
        """Hand out ready entries, on lease `until` then (inf: until the taker says), as far as `window` has room.

        At most `limit` entries, and no more than `limit_bytes` unless the first alone has more.
        """
        taken: list[Entry] = []
        room = limit_bytes
        while self._ready and len(taken) < limit and window.has_room():
            entry = self._entries.get(self._ready[0])
            if entry is not None and entry.state is State.READY:
                if taken and entry.size > room:
                    break
                room -= entry.size
                self._lend(entry, window, until)
                taken.append(entry)
            heapq.heappop(self._ready)
        return taken

    def extend(self, entry: Entry, until: float) -> None:
        """Move the end of the lease of an outstanding entry."""
        if entry.state is State.OUTSTANDING:
            self._schedule(entry, until)

    def postpone(self, entry: Entry, until: float) -> None:
        """Count a failed delivery; the entry is ready again at `until`."""
        if entry.state is State.OUTSTANDING:
            self._reclaim(entry)
            entry.failures += 1
            entry.state = State.DELAYED
            self._schedule(entry, until)

    def release(self, entry: Entry) -> None:
        """Count a failed delivery; the entry is ready again at once."""
        if entry.state is State.OUTSTANDING:
            self._reclaim(entry)
            entry.failures += 1
            self._make_ready(entry)

    def remove(self, entry: Entry) -> None:
        """The entry is gone: acknowledged, expired or moved to a dead-letter topic."""
        if self._entries.pop(entry.row, None) is None:
            return
        self._reclaim(entry)
        lane = self._lane(entry)
        if lane is not None:
            first = lane[0]
            lane.remove(entry)
            if not lane:
                del self._lanes[entry.message.ordering_key]
            elif lane[0] is not first:
                heapq.heappush(self._ready, lane[0].row)

    def tick(self, now: float) -> list[Entry]:
        """Make ready what was delayed until now; return the outstanding entries whose lease has ended, each once."""
        overdue: dict[Entry, None] = {}  # a lease that was moved away and back has two timers
        while self._timers and self._timers[0][0] <= now:
            due, row = heapq.heappop(self._timers)
            entry = self._entries.get(row)
            if entry is None or entry.due != due:
                continue
            if entry.state is State.DELAYED:
                self._make_ready(entry)
            else:
                overdue[entry] = None
        return list(overdue)

    def next_due(self) -> float | None:
        """When `tick` has something to do again; None if nothing is outstanding on lease or delayed."""
        while self._timers:
            due, row = self._timers[0]
            entry = self._entries.get(row)
            if entry is not None and entry.due == due:
                return due
            heapq.heappop(self._timers)
        return None

    def held(self, window: Window) -> list[Entry]:
        """What was handed out through `window` and is still outstanding, oldest first."""
        found = (self._entries.get(row) for row in sorted(window.held))
        return [entry for entry in found if entry is not None]

    def _lane(self, entry: Entry) -> deque[Entry] | None:
        if not (self._ordered and entry.message.ordering_key):
            return None
        return self._lanes.setdefault(entry.message.ordering_key, deque())

    def _lend(self, entry: Entry, window: Window, until: float) -> None:
        entry.state = State.OUTSTANDING
        entry.deliveries += 1
        entry.window = window
        window.held.add(entry.row)
        window.bytes_held += entry.size
        self._schedule(entry, until)

    def _reclaim(self, entry: Entry) -> None:
        if entry.window is not None:
            entry.window.held.discard(entry.row)
            entry.window.bytes_held -= entry.size
            entry.window = None

    def _make_ready(self, entry: Entry) -> None:
        entry.state = State.READY
        entry.due = math.inf
        heapq.heappush(self._ready, entry.row)

    def _schedule(self, entry: Entry, until: float) -> None:
        entry.due = until
        if until == math.inf:
            return
        heapq.heappush(self._timers, (until, entry.row))
        if len(self._timers) > 64 + 4 * len(self._entries):
            self._timers = [(kept.due, kept.row) for kept in self._entries.values() if kept.due != math.inf]
            heapq.heapify(self._timers)
