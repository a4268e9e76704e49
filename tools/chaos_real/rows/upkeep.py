"""Rows 26 and 27: notifications that never come, and deliveries that are given up."""

from __future__ import annotations

import time
from typing import Final

from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.pubsub_v1.types import DeadLetterPolicy

from localcloud.faults.effects import Drop, Duplicate, Error
from localcloud.faults.rule import Rule
from localcloud.topology import DEAD, PUSHED, PUSHED_DEAD
from shared.tasks import SWEEP
from tools.chaos_real.cloud import change
from tools.chaos_real.invariants import FINAL
from tools.chaos_real.scene import Scene
from tools.chaos_real.setting import MAX_DELIVERIES

SILENCE: Final = 1.5  # seconds, longer than a job has to stand still before the sweep looks after it
PACE: Final = 1.0  # seconds between two sweeps
LONGEST: Final = 60.0
FEWEST: Final = 5  # deliveries, before one is given up: the least that Pub/Sub has
GIVEN_UP: Final = "DELIVERY_EXHAUSTED"


def lost(scene: Scene, runs: int) -> None:
    """Notifications are dropped: nobody tells of the photos. The sweep finds them, twice at once, and under faults."""
    with scene.faults(Rule(call="storage.notify", effect=Drop())):
        jobs = scene.crowd(runs)
    scene.check(not any(scene.state(job) in FINAL for job in jobs), "I1", "photos were analysed that nobody told of")
    time.sleep(SILENCE)
    rules = (
        Rule(call="firestore.RunQuery", effect=Error(code="UNAVAILABLE"), p=0.1, seed=scene.seed),
        Rule(call="pubsub.Publish", effect=Error(code="UNAVAILABLE"), p=0.1, seed=scene.seed),
        Rule(call="pubsub.push", effect=Duplicate(ids="same"), p=0.3, seed=scene.seed),
    )
    with scene.faults(*rules):
        _swept(scene, jobs)
    scene.runs = runs


def given_up(scene: Scene, runs: int) -> None:
    """Photos cannot be read until their deliveries are given up; the handler of dead letters dies or is doubled."""
    _deliveries(scene, FEWEST)
    try:
        rules = (
            Rule(call="storage.objects.media", effect=Error(code="403")),
            Rule(call="pubsub.push", effect=Duplicate(ids="new"), p=0.5, match={"subscription": PUSHED_DEAD}),
            Rule(call="firestore.Commit", effect=Drop(), applied=True, p=0.4, match={"document": "deadLetters/"}),
            Rule(call="firestore.Commit", effect=Error(code="UNAVAILABLE"), p=0.4, match={"document": "deadLetters/"}),
        )
        with scene.faults(*rules):
            scene.final(scene.crowd(runs, fails=GIVEN_UP))
            scene.quiet()
    finally:
        _deliveries(scene, MAX_DELIVERIES)
    for job_id in scene.cases:
        named = FieldFilter("jobId", "==", job_id)
        letters = scene.cloud.firestore.collection("deadLetters").where(filter=named).get()
        scene.check(len(letters) == 1, "I2", f"has {len(letters)} dead letters", job_id)
    scene.runs = runs


def _swept(scene: Scene, jobs: list[str]) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        for _ in range(2):
            scene.cloud.task(SWEEP)
        if scene.final(jobs, within=PACE):
            return


def _deliveries(scene: Scene, count: int) -> None:
    policy = DeadLetterPolicy(dead_letter_topic=scene.cloud.names.topic(DEAD), max_delivery_attempts=count)
    for name in PUSHED:
        change(scene.cloud, name, dead_letter_policy=policy)
