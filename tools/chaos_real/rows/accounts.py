"""Row 25: people who link their anonymous account, or claim its jobs from another one, while they are processed."""

from __future__ import annotations

import time
from typing import Any, Final

import httpx

from localcloud.faults.effects import Span
from localcloud.faults.rule import Rule
from tools.chaos_real.people import Person, linked, stranger
from tools.chaos_real.scene import Scene

MOMENTS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds after the photo was put
LATE: Final = Rule(call="firestore.Listen.snapshot", delay_ms=Span(low=1000, high=2500), p=0.3)  # each by itself


def claimed(scene: Scene, runs: int) -> None:
    """Jobs are claimed at some moment of the work: then they are the new account's, and unknown to the old one."""
    taker = stranger(scene.cloud)
    scene.watch.follow(taker.uid)

    def one(number: int) -> None:
        giver = stranger(scene.cloud)
        job_id = scene.start_as(giver, scene.wanted(number))
        scene.expect(job_id, owner=taker.uid)
        if number % 4 == 3:
            scene.final([job_id])
        else:
            time.sleep(MOMENTS[number % len(MOMENTS)])
        for expected in (1, 0):  # and again, which changes nothing
            answer = _claim(scene, taker, giver)
            scene.check(answer == {"jobs": expected, "complete": True}, "I5", f"a claim came to {answer}", job_id)
        _is_seen_by(scene, job_id, taker)
        scene.check(_asked(scene, job_id, giver) == 404, "I5", "is shown to its old owner", job_id)

    with scene.faults(LATE):
        scene.at_once(one, range(runs // 2))
        _linked(scene, runs - runs // 2)
    scene.runs = runs


def _claim(scene: Scene, taker: Person, giver: Person) -> dict[str, Any]:
    url = f"{scene.cloud.running.urls['status']}/v1/jobs:claim"
    answer = httpx.post(url, headers=taker.headers, json={"idToken": giver.token}, timeout=40, trust_env=False)
    found: dict[str, Any] = answer.json()
    return found


def _linked(scene: Scene, count: int) -> None:
    """An anonymous person gets an e-mail address in the middle: the same person with a new token."""
    for number in range(count):
        anonymous = stranger(scene.cloud)
        job_id = scene.start_as(anonymous, scene.wanted(number))
        named = linked(scene.cloud, anonymous, f"{anonymous.uid.lower()}@loupe.example")
        scene.check(named.uid == anonymous.uid, "I5", f"{anonymous.uid} became {named.uid} by linking")
        _is_seen_by(scene, job_id, named)


def _is_seen_by(scene: Scene, job_id: str, owner: Person) -> None:
    code = _asked(scene, job_id, owner)
    scene.check(code == 200, "I5", f"was answered {code} to its owner", job_id)


def _asked(scene: Scene, job_id: str, person: Person) -> int:
    url = f"{scene.cloud.running.urls['status']}/v1/jobs/{job_id}"
    return httpx.get(url, headers=person.headers, timeout=20, trust_env=False).status_code
