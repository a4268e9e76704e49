"""Rows 1 to 3 and 26: notifications and pushes that come again, in another order, or never."""

from __future__ import annotations

from localcloud.faults.effects import Duplicate, Reorder, Span
from localcloud.faults.rule import Rule
from tools.chaos_real.scene import Scene


def same_id(scene: Scene, runs: int) -> None:
    """Every push comes three times at once, under one message id."""
    scene.runs = _paid_once(scene, runs, Rule(call="pubsub.push", effect=Duplicate(ids="same", copies=2)))


def new_id(scene: Scene, runs: int) -> None:
    """Cloud Storage notifies three times, under three message ids."""
    scene.runs = _paid_once(scene, runs, Rule(call="storage.notify", effect=Duplicate(ids="new", copies=2)))


def reordered(scene: Scene, runs: int) -> None:
    """Notifications and pushes overtake each other, and some notifications are late by seconds."""
    notify = Rule(call="storage.notify", effect=Reorder(window=24, within_ms=700), seed=scene.seed)
    late = Rule(call="storage.notify", delay_ms=Span(1000, 3000), p=0.2, seed=scene.seed)
    push = Rule(call="pubsub.push", effect=Reorder(window=4, within_ms=300), seed=scene.seed)
    with scene.faults(late, notify, push):
        scene.final(scene.crowd(runs))
    scene.runs = runs


def _paid_once(scene: Scene, runs: int, rule: Rule) -> int:
    before = scene.cloud.entered("vision.annotate")
    with scene.faults(rule):
        jobs = scene.crowd(runs)
        scene.final(jobs)
    asked = scene.cloud.entered("vision.annotate") - before
    scene.check(asked == runs, "I6", f"{runs} photos were sent, and Vision was asked {asked} times")
    for job_id in jobs:
        job = scene.watch.latest(job_id) or {}
        scene.check(job.get("attempt") == 1, "I2", f"was worked on {job.get('attempt')} times", job_id)
    return runs
