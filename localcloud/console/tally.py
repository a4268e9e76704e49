"""Metric events put together: sums since the stack was started, percentiles of the latest. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from shared.metrics import METRICS, Metric

LATEST: Final = 1000  # values that percentiles are taken of
# Upper bounds in seconds of the classes of a histogram; what is above the last belongs to none.
BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded value, as `shared.metrics.record` logs it."""

    name: str
    value: float
    labels: dict[str, str]


class _Line(msgspec.Struct, frozen=True):
    metric: Event | None = None


class Series:
    """All values of one metric with the same labels."""

    def __init__(self, metric: Metric, labels: Sequence[str]) -> None:
        """`labels`: the values, in the order of the catalogue."""
        self.metric = metric
        self.labels = tuple(labels)
        self.count = 0
        self.total = 0.0
        self.classes = [0] * len(BOUNDS)
        self._latest: deque[float] = deque(maxlen=LATEST)

    def add(self, value: float) -> None:
        """One more value."""
        self.count += 1
        self.total += value
        self._latest.append(value)
        place = bisect_left(BOUNDS, value)
        if place < len(BOUNDS):
            self.classes[place] += 1

    def percentile(self, share: float) -> float:
        """The value that `share` (0 to 1) of the latest values do not exceed: nearest rank."""
        ordered = sorted(self._latest)
        return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


class Tally:
    """Everything that was recorded."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, ...], Series] = {}

    def hear(self, line: bytes) -> None:
        """One line of a log; most hold no metric, and some are no JSON."""
        if b'"metric"' not in line:
            return
        try:
            event = msgspec.json.decode(line, type=_Line).metric
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        metric = METRICS.get(event.name) if event else None
        if event is None or metric is None or set(event.labels) != set(metric.labels):
            return
        labels = [event.labels[name] for name in metric.labels]
        key = (event.name, *labels)
        if key not in self._series:
            self._series[key] = Series(metric, labels)
        self._series[key].add(event.value)

    def by_metric(self) -> Iterator[tuple[Metric, list[Series]]]:
        """Every metric of the catalogue with its series, in the order of their labels."""
        found: dict[str, list[Series]] = defaultdict(list)
        for _, series in sorted(self._series.items()):
            found[series.metric.name].append(series)
        return ((metric, found[name]) for name, metric in METRICS.items())
