"""Row 12: Vision that is exhausted, silent, wrong inside a good answer, or unreadable."""

from __future__ import annotations

from typing import Final

from localcloud.faults.effects import Drop, Error, Hang, Malformed
from localcloud.faults.rule import Rule
from tools.chaos_real.scene import Scene

WAYS: Final = (
    Rule(call="vision.BatchAnnotateImages", effect=Error(code="RESOURCE_EXHAUSTED"), p=0.6),
    Rule(call="vision.annotate", effect=Error(code="INTERNAL")),
    Rule(call="vision.annotate", effect=Drop()),
    Rule(call="vision.BatchAnnotateImages", effect=Malformed()),
    Rule(call="vision.BatchAnnotateImages", effect=Error(code="INTERNAL"), applied=True),
    Rule(call="vision.BatchAnnotateImages", effect=Hang()),
)


def vision(scene: Scene, runs: int) -> None:
    """Each way in turn. Jobs are COMPLETED all the same, and say what is missing."""
    for number, rule in enumerate(WAYS):
        share = runs * (number + 1) // len(WAYS) - runs * number // len(WAYS)
        if not share:
            continue
        with scene.faults(rule):
            jobs = scene.crowd(share)
            scene.final(jobs)
        for job_id in jobs:
            _says_what_is_missing(scene, job_id)
    scene.runs = runs


def _says_what_is_missing(scene: Scene, job_id: str) -> None:
    job = scene.watch.latest(job_id) or {}
    missing = "colors" not in job.get("summary", {})
    said = {one["reason"] for one in job.get("degraded", ())}
    scene.check(missing is ("COLORS_UNAVAILABLE" in said), "I1", f"has colours: {not missing}, and says {said}", job_id)
