"""docs/metrics.md lists the catalogue as it is."""

from __future__ import annotations

from shared.metrics import METRICS
from tests.running import ROOT


def test_every_metric_is_documented_with_its_labels_and_no_other_is():
    lines = (ROOT / "docs" / "metrics.md").read_text().splitlines()
    told = [line for line in lines if line.startswith("| `")]
    assert told == [
        f"| `{metric.name}` | {metric.form} ({metric.unit}) "
        f"| {', '.join(f'`{label}`' for label in metric.labels)} | {metric.about} |"
        for metric in METRICS.values()
    ]
