"""Row 25: people who link their anonymous account, or hand their jobs to another one, while they are processed."""

from __future__ import annotations

import time
from typing import Final

import httpx

from localcloud.faults.effects import Span
from localcloud.faults.rule import Rule
from shared.firestore import FirestoreDatabase
from shared.jobs.control import Control
from shared.jobs.protocol import Outcome
from shared.jobs.store import Jobs
from tools.chaos_real.people import Person, linked, stranger
from tools.chaos_real.scene import Scene

MOMENTS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds after the photo was put
LATE: Final = Rule(call="firestore.Listen.snapshot", delay_ms=Span(low=1000, high=2500), p=0.3)  # each by itself


def handed_over(scene: Scene, runs: int) -> None:
    """The owner changes at some moment of the work: then the job is the new one's, and a stranger's to the old one."""
    control = Control(Jobs(FirestoreDatabase(scene.cloud.firestore)))
    taker = stranger(scene.cloud)
    scene.watch.follow(taker.uid)

    def one(number: int) -> None:
        job_id = scene.start(scene.wanted(number), owner=taker.uid)
        if number % 4 == 3:
            scene.final([job_id])
        else:
            time.sleep(MOMENTS[number % len(MOMENTS)])
        outcome = control.hand_over(job_id, giver=scene.phone.uid, taker=taker.uid)
        scene.check(outcome is Outcome.HELD, "I5", f"handing over came to {outcome}", job_id)
        _is_seen_by(scene, job_id, taker)

    with scene.faults(LATE):
        scene.at_once(one, range(runs // 2))
        _linked(scene, runs - runs // 2)
    scene.runs = runs


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
