"""Metric events put together: counts, sums, percentiles, and what is no event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from localcloud.console.exposition import as_json, prometheus
from localcloud.console.tally import LATEST, Tally
from localcloud.pubsub.waiting import Waiting

HELD = [Waiting(name="uploads-dead-kept", messages=2, oldest_seconds=7.5)]


def line(name: str, value: float, **labels: str) -> bytes:
    return json.dumps({"severity": "INFO", "metric": {"name": name, "value": value, "labels": labels}}).encode()


def job(seconds: float) -> bytes:
    return line("job_seconds", seconds, kind="inspection", state="COMPLETED")


def told(*heard: bytes) -> dict:
    tally = Tally()
    for one in heard:
        tally.hear(one)
    return json.loads(as_json(tally, HELD))


def test_percentiles_are_values_that_were_recorded():
    (row,) = told(*(job(value) for value in range(1, 101)))["metrics"]
    assert row == {
        "name": "job_seconds",
        "labels": {"kind": "inspection", "state": "COMPLETED"},
        "count": 100,
        "sum": 5050.0,
        "p50": 50.0,
        "p95": 95.0,
        "p99": 99.0,
    }


def test_series_differ_by_their_labels():
    rows = told(
        line("deliveries", 1, outcome="ended"),
        line("deliveries", 1, outcome="busy"),
        line("deliveries", 1, outcome="ended"),
    )["metrics"]
    assert [(row["labels"]["outcome"], row["count"]) for row in rows] == [("busy", 1), ("ended", 2)]
    assert "p50" not in rows[0]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"Traceback (most recent call last):",
        b'{"metric"',
        b'{"metric": null}',
        b'{"metric": {"name": "job_seconds", "value": "x", "labels": {}}}',
        b'{"metric": {"name": "no_such", "value": 1, "labels": {}}}',
        b'{"metric": {"name": "job_seconds", "value": 1, "labels": {"kind": "a"}}}',
        b'"metric" \xff',
    ],
)
def test_what_is_no_event_is_passed_over(rubbish):
    assert told(rubbish)["metrics"] == []


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_percentiles_never_decrease_and_lie_among_the_values(values):
    (row,) = told(*(job(value) for value in values))["metrics"]
    assert min(values) - 1e-6 <= row["p50"] <= row["p95"] <= row["p99"] <= max(values) + 1e-6


def test_percentiles_are_of_the_latest_values_and_sums_of_all():
    (row,) = told(*(job(9) for _ in range(LATEST)), *(job(1) for _ in range(LATEST)))["metrics"]
    assert (row["p99"], row["count"]) == (1.0, 2 * LATEST)


def test_prometheus_can_read_it():
    tally = Tally()
    for one in (job(0.2), job(0.4), job(1000), line("cost_micro_usd", 1500, feature="TEXT_DETECTION")):
        tally.hear(one)
    families = {family.name: family for family in text_string_to_metric_families(prometheus(tally, HELD).decode())}
    classes = {
        sample.labels["le"]: sample.value
        for sample in families["loupe_job_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert (classes["0.1"], classes["0.25"], classes["0.5"], classes["300"], classes["+Inf"]) == (0, 1, 2, 2, 3)
    assert families["loupe_cost_micro_usd"].samples[0].value == 1500
    assert families["loupe_undelivered_messages"].samples[0].labels == {"subscription": "uploads-dead-kept"}
    assert families["loupe_oldest_message_seconds"].samples[0].value == 7.5
