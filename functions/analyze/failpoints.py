"""Named points in the work on a job at which a test lets the process die, stall or fail (docs/guides/faults.md).

`FAILPOINTS=after_claim=kill:1,before_commit=stall:130s@0.2,after_read=raise` is a list of
`POINT=ACTION[:SECONDSs][:COUNT][@PROBABILITY]`. Counts and probabilities hold for all processes together that are given
the same folder as FAILPOINTS_STATE: each pass of an armed point adds a byte to `POINT.passes` there, and each that is
picked one to `POINT.hits`. A pass costs one look into an empty table where no point is armed.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

POINTS: Final = (
    *("after_arrive", "after_claim", "after_read", "after_judge", "after_advance", "after_derive", "after_vision"),
    *("before_commit", "after_commit", "before_outbox_send", "after_outbox_send", "before_ack"),
)

_SPEC: Final = re.compile(
    r"(?P<point>\w+)=(?P<action>\w+)(?::(?P<seconds>[0-9]{1,5}(?:\.[0-9]{1,3})?)s)?(?::(?P<count>[1-9][0-9]{0,5}))?"
    r"(?:@(?P<p>0?\.[0-9]{1,6}|1(?:\.0+)?))?",
    re.ASCII,
)


class FailPointReached(Exception):
    """The defect that the action `raise` stands for."""


class FailPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What is to happen at a point: `seconds` is the length of a stall, `count` the most hits, `p` a probability."""

    point: str
    action: str
    seconds: float = 0.0
    count: int | None = None
    p: float = 1.0

    @property
    def needs_state(self) -> bool:
        """Whether passes have to be counted across processes."""
        return self.count is not None or self.p < 1


def parse(specs: Iterable[str]) -> dict[str, FailPoint]:
    """The fail-points by name. Raises ValueError that says what is wrong and what there is."""
    found: dict[str, FailPoint] = {}
    for spec in specs:
        parts = _SPEC.fullmatch(spec)
        if parts is None:
            raise ValueError(f"FAILPOINTS: {spec[:60]!r} is not POINT=ACTION[:SECONDSs][:COUNT][@PROBABILITY]")
        point = FailPoint(
            point=parts["point"],
            action=parts["action"],
            seconds=float(parts["seconds"] or 0),
            count=int(parts["count"]) if parts["count"] else None,
            p=float(parts["p"] or 1),
        )
        _check(point, found)
        found[point.point] = point
    return found


def check(specs: Iterable[str], state: str) -> None:
    """Raises ValueError where the settings make no sense."""
    if any(point.needs_state for point in parse(specs).values()) and not state:
        raise ValueError("FAILPOINTS_STATE must name a folder where FAILPOINTS has a count or a probability")


def arm(specs: Iterable[str], state: str, seed: int) -> None:
    """Have these fail-points, and no others, from now on."""
    folder = Path(state) if state else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    _armed.clear()
    _armed.update({name: _Armed(point, folder, seed) for name, point in parse(specs).items()})


def reach(point: str) -> None:
    """Pass a point of the work; where it is armed, what is said there happens now."""
    armed = _armed.get(point)
    if armed is not None:
        armed.passed()


class _Armed:
    def __init__(self, point: FailPoint, folder: Path | None, seed: int) -> None:
        self._point = point
        self._folder = folder
        self._seed = seed

    def passed(self) -> None:
        point = self._point
        number = self._tally("passes")
        draw = random.Random(f"{self._seed}/{point.point}/{number}")  # noqa: S311 - it has to be the same again
        if draw.random() < point.p:
            hits = self._tally("hits")
            if point.count is None or hits <= point.count:
                ACTIONS[point.action](point)

    def _tally(self, what: str) -> int:
        """Count one more; how many there are, in all processes. Without a folder nobody counts."""
        if self._folder is None:
            return 0
        path = self._folder / f"{self._point.point}.{what}"
        tally = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(tally, b".")
            return os.lseek(tally, 0, os.SEEK_CUR)  # the end of this very byte, whoever else writes
        finally:
            os.close(tally)


def _kill(_point: FailPoint) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stall(point: FailPoint) -> None:
    time.sleep(point.seconds)


def _raise(point: FailPoint) -> None:
    raise FailPointReached(point.point)


def _check(point: FailPoint, found: Mapping[str, FailPoint]) -> None:
    if point.point not in POINTS:
        raise ValueError(f"FAILPOINTS: there is no point {point.point[:40]}. There are: {', '.join(POINTS)}")
    if point.action not in ACTIONS:
        raise ValueError(f"FAILPOINTS: there is no action {point.action[:40]}. There are: {', '.join(ACTIONS)}")
    if (point.action == "stall") is not (point.seconds > 0):
        raise ValueError(f"FAILPOINTS: {point.point}: seconds go with stall, as in stall:130s, and with nothing else")
    if point.point in found:
        raise ValueError(f"FAILPOINTS: {point.point} is there twice")


ACTIONS: Final[Mapping[str, Callable[[FailPoint], None]]] = {"kill": _kill, "stall": _stall, "raise": _raise}

_armed: dict[str, _Armed] = {}
