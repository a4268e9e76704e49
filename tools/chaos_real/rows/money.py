"""Row 23: quotas and budgets that many callers want to use up at the same time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx

from shared.ledger import day_path
from shared.model.job import now
from shared.model.kinds import Priority
from tools.chaos_real.people import Person, ask_for_job, stranger
from tools.chaos_real.scene import Scene
from tools.chaos_real.setting import BUDGET, BURST, PRICES

CALLERS: Final = 64  # at the same time
PAYING: Final = 16  # jobs that want a paid reading


def used_up(scene: Scene, runs: int) -> None:
    """Bursts of one person's requests: as many are taken as the quota says. Then jobs, until the budget is spent."""
    while scene.runs < runs:
        person = stranger(scene.cloud)
        codes = _burst(scene, person)
        right = Counter({201: BURST, 429: CALLERS - BURST})
        scene.check(codes == right, "I6", f"{CALLERS} requests against a quota of {BURST} were answered {dict(codes)}")
        scene.runs += CALLERS
    jobs = scene.crowd(PAYING, priority=Priority.NORMAL)
    scene.final(jobs)
    scene.runs += PAYING
    affordable = BUDGET // PRICES["IMAGE_PROPERTIES"]
    read = [job for job in jobs if "colors" in (scene.watch.latest(job) or {}).get("summary", {})]
    scene.check(len(read) == affordable, "I6", f"{len(read)} readings were made, and the budget is for {affordable}")
    for job_id in set(jobs) - set(read):
        said = {one["reason"] for one in (scene.watch.latest(job_id) or {}).get("degraded", ())}
        scene.check(said == {"BUDGET_EXHAUSTED"}, "I6", f"was not read, and says {said}", job_id)
    day = scene.cloud.firestore.document(day_path(now())).get().to_dict()
    scene.check(day["settled"] == BUDGET, "I6", f"{day['settled']} of {BUDGET} are spent")
    code, reason = _batch(scene, stranger(scene.cloud))
    scene.check((code, reason) == (429, "BUDGET_THROTTLED"), "I6", f"batch work was answered {code} {reason}")


def _burst(scene: Scene, person: Person) -> Counter[int]:
    limits = httpx.Limits(max_connections=CALLERS)
    with httpx.Client(trust_env=False, timeout=60, limits=limits) as http, ThreadPoolExecutor(CALLERS) as pool:
        asked = [pool.submit(ask_for_job, http, scene.cloud, person, _body(Priority.NORMAL)) for _ in range(CALLERS)]
        return Counter(one.result().status_code for one in asked)


def _batch(scene: Scene, person: Person) -> tuple[int, str]:
    with httpx.Client(trust_env=False, timeout=60) as http:
        answer = ask_for_job(http, scene.cloud, person, _body(Priority.BATCH))
    refusal = answer.json().get("error", {})
    return answer.status_code, str(refusal["details"][0]["reason"]) if refusal else ""


def _body(priority: Priority) -> dict[str, Any]:
    images = [{"contentType": "image/jpeg", "size": 1000}]
    return {"kind": "inspection", "images": images, "priority": priority.value}
