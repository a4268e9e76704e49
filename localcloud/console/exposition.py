"""The numbers as Prometheus reads them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from localcloud.console.tally import BOUNDS, Series, Tally
from localcloud.pubsub.waiting import Waiting
from shared.metrics import Form

SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def prometheus(tally: Tally, waiting: Sequence[Waiting]) -> bytes:
    """The text format, version 0.0.4; names have the prefix `loupe_`."""
    return generate_latest(_Collected(tally, waiting))


def as_json(tally: Tally, waiting: Sequence[Waiting]) -> bytes:
    """One object: `metrics`, with percentiles of the latest values, and `subscriptions`."""
    rows = [_row(series) for _, found in tally.by_metric() for series in found]
    return msgspec.json.encode({"metrics": rows, "subscriptions": waiting})


def _row(series: Series) -> dict[str, Any]:
    metric = series.metric
    row: dict[str, Any] = {"name": metric.name, "labels": dict(zip(metric.labels, series.labels, strict=True))}
    row |= {"count": series.count, "sum": round(series.total, 6)}
    if metric.form is Form.DISTRIBUTION:
        row |= {name: round(series.percentile(share), 6) for name, share in SHARES.items()}
    return row


class _Collected(Collector):
    def __init__(self, tally: Tally, waiting: Sequence[Waiting]) -> None:
        self._tally = tally
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for."""
        for metric, found in self._tally.by_metric():
            name = f"loupe_{metric.name}"
            family: CounterMetricFamily | HistogramMetricFamily
            if metric.form is Form.SUM:
                family = CounterMetricFamily(name, metric.about, labels=metric.labels)
                for series in found:
                    family.add_metric(series.labels, series.total)
            else:
                family = HistogramMetricFamily(name, metric.about, labels=metric.labels)
                for series in found:
                    family.add_metric(series.labels, _classes(series), series.total)
            yield family
        yield from self._subscriptions()

    def _subscriptions(self) -> Iterator[Metric]:
        messages = GaugeMetricFamily(
            "loupe_undelivered_messages", "Messages not acknowledged.", labels=["subscription"]
        )
        oldest = GaugeMetricFamily("loupe_oldest_message_seconds", "How old the oldest is.", labels=["subscription"])
        for one in self._waiting:
            messages.add_metric([one.name], one.messages)
            oldest.add_metric([one.name], one.oldest_seconds)
        yield from (messages, oldest)


def _classes(series: Series) -> list[tuple[str, float]]:
    totals = accumulate(series.classes)
    return [*((f"{bound:g}", total) for bound, total in zip(BOUNDS, totals, strict=True)), ("+Inf", series.count)]
