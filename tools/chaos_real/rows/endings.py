"""Row 22: owners who delete their jobs at any step of the work, before it, and after it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from tools.chaos_real.people import Person, stranger
from tools.chaos_real.scene import Scene

LATEST: Final = 2.5  # seconds after the photo was put; by then most jobs have ended
EARLY: Final = 5  # every so manieth job is deleted before its photo is put, which comes all the same
TWICE: Final = 3  # every so manieth deletion is asked for twice at the same time


def deleted(scene: Scene, runs: int) -> None:
    """Workers dwell at every named step meanwhile. In the end nothing is left, however late a photo or worker comes."""
    owner = stranger(scene.cloud)

    def one(number: int) -> None:
        if number % EARLY == 0:
            _before_the_photo(scene, owner, number)
            return
        job_id = scene.start_as(owner, scene.wanted(number))
        time.sleep(LATEST * number / runs)
        _delete(scene, owner, job_id, twice=number % TWICE == 0)

    scene.at_once(one, range(runs))
    scene.runs = scene.hits = runs


def _before_the_photo(scene: Scene, owner: Person, number: int) -> None:
    wanted = scene.wanted(number)
    job_id, place = scene.create_as(owner, wanted)
    _delete(scene, owner, job_id, twice=False)
    content = wanted.photos[0].path.read_bytes()
    code = scene.phone.http.put(place["url"], headers=place["headers"], content=content).status_code
    scene.check(code == 200, "I7", f"the URL of a deleted job was answered {code}", job_id)


def _delete(scene: Scene, owner: Person, job_id: str, *, twice: bool) -> None:
    scene.expect(job_id, deleted=True)
    url = f"{scene.cloud.running.urls['status']}/v1/jobs/{job_id}"
    with httpx.Client(headers=owner.headers, timeout=60, trust_env=False) as http, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: http.delete(url), range(2 if twice else 1)))
        codes = [answer.status_code for answer in answers]
        scene.check(set(codes) <= {200, 204, 404}, "I7", f"deleting was answered {codes}", job_id)
        scene.check(min(codes) < 300, "I7", f"deleting was answered {codes}", job_id)
        code = http.get(url).status_code
        scene.check(code == 404, "I7", f"is there for its owner after it was deleted: {code}", job_id)
