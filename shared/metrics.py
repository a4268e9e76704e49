"""What is counted and measured: one log line per event. In the cloud log-based metrics read it, here `loupe top`.

    {"severity": "INFO", "message": "job_seconds 2.41 kind=inspection state=COMPLETED",
     "metric": {"name": "job_seconds", "value": 2.41, "labels": {"kind": "inspection", "state": "COMPLETED"}}}

Labels have few values each: a job's id, a user's or a file's name is never one.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from shared import tracing

log = logging.getLogger(__name__)


class Form(StrEnum):
    """How values of a metric are put together."""

    DISTRIBUTION = "distribution"  # percentiles are wanted
    SUM = "sum"  # values add up; a plain count records 1


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the catalogue. `unit` is UCUM, as Cloud Monitoring writes it."""

    name: str
    form: Form
    unit: str
    labels: tuple[str, ...]
    about: str


METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric(
            name="queue_seconds",
            form=Form.DISTRIBUTION,
            unit="s",
            labels=("kind", "priority"),
            about="From the last photo's arrival in Cloud Storage until a worker takes the job for the first time.",
        ),
        Metric(
            name="stage_seconds",
            form=Form.DISTRIBUTION,
            unit="s",
            labels=("kind", "stage"),
            about="How long a stage of the work took: read, judge, derive, analyze, keep, commit.",
        ),
        Metric(
            name="job_seconds",
            form=Form.DISTRIBUTION,
            unit="s",
            labels=("kind", "state"),
            about="From the last photo's arrival in Cloud Storage until the job is final: upload to result.",
        ),
        Metric(
            name="jobs_ended",
            form=Form.SUM,
            unit="1",
            labels=("kind", "state", "reason"),
            about="Jobs that became final; `reason` is that of the failure, `none` without one.",
        ),
        Metric(
            name="cost_micro_usd",
            form=Form.SUM,
            unit="1",
            labels=("feature",),
            about="What paid calls cost, in millionths of a US dollar, as settled in the ledger.",
        ),
        Metric(
            name="cold_start_seconds",
            form=Form.DISTRIBUTION,
            unit="s",
            labels=("function",),
            about="From the start of a process until it could answer its first request.",
        ),
        Metric(
            name="cache_lookups",
            form=Form.SUM,
            unit="1",
            labels=("cache", "result"),
            about="Whether an answer that had been paid for was found again: `hit` or `miss`.",
        ),
        Metric(
            name="deliveries",
            form=Form.SUM,
            unit="1",
            labels=("outcome",),
            about="Pushes by what they came to: ended, recorded, busy, fenced, unknown.",
        ),
        Metric(
            name="tasks_done",
            form=Form.SUM,
            unit="1",
            labels=("task",),
            about="Tasks that were done: sweep, maintenance, analytics, purge. A silent one is not asked for.",
        ),
        Metric(
            name="maintenance_removed",
            form=Form.SUM,
            unit="1",
            labels=("what",),
            about="What maintenance removed: expired `jobs`, expired documents by collection, `objects` of no job.",
        ),
    )
}


def record(name: str, value: float = 1.0, /, **labels: str) -> None:
    """Log one value of a metric of the catalogue. Raises ValueError for a name or labels that are not in it."""
    metric = METRICS.get(name)
    if metric is None or set(labels) != set(metric.labels):
        raise ValueError(f"{name} with labels {sorted(labels)} is not in the catalogue")
    if not log.isEnabledFor(logging.INFO):
        return
    shown = " ".join(f"{label}={labels[label]}" for label in metric.labels)
    event = {"name": name, "value": round(value, 6), "labels": {label: labels[label] for label in metric.labels}}
    log.info("%s %g %s", name, value, shown, extra={"metric": event})


@contextlib.contextmanager
def stage(kind: str, name: str) -> Iterator[None]:
    """Measure the block as a stage of the work on a job, whether it ends well or not."""
    began = time.monotonic()
    try:
        with tracing.span(name):
            yield
    finally:
        record("stage_seconds", time.monotonic() - began, kind=kind, stage=name)
