"""A kind made of a model: photos in, what the model says out. For a kind that needs nothing more than that.

ANALYZERS = {…, "roof": classifier("roof_damage@stable"), "yard": detector("yard_objects@stable")}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.model.job import Warned

from ..models.provenance import provenance
from .port import Analysis, Analyzer, Finding, Model, Photo, Tools

DECIDED: Final = "decided"  # the threshold in a manifest below which no label is named
MAX_FINDINGS: Final = 100
SAMPLE: Final = Warned(
    reason="SAMPLE_MODEL",
    message="A sample model has said this. It shows how things work; do not rely on what it says.",
)


def classifier(model: str) -> Analyzer:
    """A kind that names one label for all photos of a job together: the mean of the photos' probabilities decides.

    Where the manifest has a threshold `decided` and the mean stays below it, no label is named.
    """

    def analyze(photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
        del options
        opened = tools.models.open(model)
        each = opened.classify_batch([photo.pixels for photo in photos])
        mean = [sum(values) / len(each) for values in zip(*each, strict=True)]
        confidence = max(mean)
        label = opened.labels[mean.index(confidence)]
        decided = confidence >= opened.thresholds.get(DECIDED, 0.0)
        return Analysis(
            summary={
                "label": label if decided else None,
                "labelName": opened.label_names[label] if decided else None,
                "confidence": round(confidence, 4),
                "aggregatedFromCount": len(each),
                "sample": opened.sample,
            },
            reports={
                "classification": {
                    "probabilities": _by_label(opened, mean),
                    "photos": [{"image": p.index, **_by_label(opened, v)} for p, v in zip(photos, each, strict=True)],
                }
            },
            warnings=_warnings(photos, opened),
            provenance=provenance(opened),
        )

    return analyze


def detector(model: str) -> Analyzer:
    """A kind that finds things in photos: each is a finding with its box, which a person may look at and correct."""

    def analyze(photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
        del options
        opened = tools.models.open(model)
        findings = [
            Finding(type="object", value=found.label, box=found.box, score=found.score, image=photo.index)
            for photo in photos
            for found in opened.detect(photo.pixels)
        ]
        counts = Counter(finding.value for finding in findings)
        return Analysis(
            summary={"objects": dict(counts.most_common(20)), "count": len(findings), "sample": opened.sample},
            findings=tuple(sorted(findings, key=lambda finding: -finding.score)[:MAX_FINDINGS]),
            warnings=_warnings(photos, opened),
            provenance=provenance(opened),
        )

    return analyze


def _by_label(model: Model, values: Sequence[float]) -> dict[str, float]:
    return {label: round(value, 4) for label, value in zip(model.labels, values, strict=True)}


def _warnings(photos: Sequence[Photo], model: Model) -> tuple[Warned, ...]:
    taken = tuple(warning for photo in photos for warning in photo.warnings)
    return (SAMPLE, *taken) if model.sample else taken
