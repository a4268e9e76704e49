"""Row 16: workers whose clocks are minutes off, and tokens from a clock that is seconds off."""

from __future__ import annotations

import contextlib
from typing import Final

import httpx
import msgspec

from localcloud.faults.effects import Skew, Span
from localcloud.faults.rule import Rule
from localcloud.topology import UPLOADS
from shared.events import notification
from shared.jobs.protocol import Arrival
from shared.model.job import object_name
from shared.model.kinds import Priority
from tools.chaos_real.cloud import TIMEOUT
from tools.chaos_real.instances import instance, pushed_to
from tools.chaos_real.people import stranger
from tools.chaos_real.scene import Scene

AHEAD: Final = {"analyze-high": 300.0, "analyze-batch": -300.0}  # seconds; analyze-normal keeps the true time


def skewed(scene: Scene, runs: int) -> None:
    """Every job is delivered to three instances at once, whose clocks are ten minutes apart. Then ID tokens."""
    with contextlib.ExitStack() as stack:
        endpoints = {
            name: stack.enter_context(instance(scene.cloud, scene.folder, name, ahead=seconds))
            for name, seconds in AHEAD.items()
        }
        stack.enter_context(pushed_to(scene.cloud, endpoints))
        scene.at_once(lambda number: _everywhere(scene, number), range(runs))
        scene.final(list(scene.cases))
        scene.quiet()
    taken = sum((scene.watch.latest(job) or {}).get("attempt", 0) > 1 for job in scene.cases)
    scene.hits += taken
    scene.check(taken > 0, "I2", "no live lease was taken over: the clocks were not off")
    scene.runs = runs + _tokens(scene)


def _everywhere(scene: Scene, number: int) -> None:
    """A job whose photo is announced to all three instances."""
    wanted = scene.wanted(number, priority=Priority.NORMAL)
    job_id = scene.start(wanted)
    name = object_name(Priority.NORMAL, job_id, 0)
    bucket = scene.cloud.names.uploads_bucket
    blob = scene.cloud.objects.bucket(bucket).get_blob(name, timeout=TIMEOUT)
    arrival = Arrival(
        bucket=bucket,
        name=name,
        generation=int(blob.generation),
        size=wanted.photos[0].size,
        content_type=wanted.photos[0].content_type,
    )
    for priority in (Priority.HIGH, Priority.BATCH):
        payload, attributes = notification(arrival, priority=priority)
        topic = scene.cloud.names.topic(UPLOADS)
        scene.cloud.publisher.publish(topic, msgspec.json.encode(payload), timeout=TIMEOUT, **attributes).result(
            TIMEOUT
        )


def _tokens(scene: Scene) -> int:
    """ID tokens from a clock that is up to ten seconds ahead are good; half a minute is too much."""
    ways = ((5, 200), (8, 200), (30, 401), (3600, 401), (-3500, 200), (-3700, 401))
    for seconds, right in ways:
        with scene.faults(Rule(call="auth.clock", effect=Skew(seconds=Span(seconds, seconds)))):
            person = stranger(scene.cloud)
        url = f"{scene.cloud.running.urls['status']}/v1/jobs"
        code = httpx.get(url, headers=person.headers, timeout=20, trust_env=False).status_code
        scene.check(code == right, "I5", f"a token from a clock {seconds} s ahead was answered {code}")
    return len(ways)
