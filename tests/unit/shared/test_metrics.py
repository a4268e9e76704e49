"""Metrics are log lines, by a catalogue that says which there are and what distinguishes their values."""

from __future__ import annotations

import logging

import pytest

from shared import metrics
from shared.metrics import METRICS, Form


def events(caplog) -> list[dict[str, object]]:
    return [record.metric for record in caplog.records if hasattr(record, "metric")]


@pytest.fixture(autouse=True)
def heard(caplog):
    caplog.set_level(logging.INFO)


def test_a_value_is_one_line_that_people_and_programs_can_read(caplog):
    metrics.record("job_seconds", 2.41, kind="inspection", state="COMPLETED")
    assert caplog.messages == ["job_seconds 2.41 kind=inspection state=COMPLETED"]
    labels = {"kind": "inspection", "state": "COMPLETED"}
    assert events(caplog) == [{"name": "job_seconds", "value": 2.41, "labels": labels}]


@pytest.mark.parametrize(
    ("name", "labels"),
    [("no_such", {}), ("jobs_ended", {"kind": "a"}), ("deliveries", {"outcome": "ended", "job": "j"})],
)
def test_what_is_not_in_the_catalogue_cannot_be_recorded(name, labels):
    with pytest.raises(ValueError, match="catalogue"):
        metrics.record(name, **labels)


def test_a_stage_is_measured_even_if_it_fails(caplog):
    with pytest.raises(KeyError), metrics.stage("inspection", "read"):
        raise KeyError
    (event,) = events(caplog)
    assert event["labels"] == {"kind": "inspection", "stage": "read"}
    assert event["value"] >= 0


def test_the_catalogue_can_be_made_into_log_based_metrics():
    for name, metric in METRICS.items():
        assert name == metric.name
        assert len(metric.labels) <= 10
        assert not {"uid", "job_id", "name"} & set(metric.labels)
        assert metric.about.endswith(".")
        assert metric.form is Form.SUM or metric.unit == "s"
