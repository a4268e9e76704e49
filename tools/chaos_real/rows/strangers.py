"""Rows 20 and 21: people who ask for what is another's, and pushes that Pub/Sub has not sent."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from localcloud.keys import Keys
from localcloud.supervisor.plan import ROOT
from localcloud.topology import PUSHED
from shared.events import notification
from shared.jobs.protocol import Arrival
from shared.model.job import new_job_id, object_name
from shared.model.kinds import Priority
from tools.chaos_real.cloud import Cloud
from tools.chaos_real.people import Person, stranger
from tools.chaos_real.scene import Scene

VERBS: Final = ("get", "post", "put", "patch", "delete")


def wrong_user(scene: Scene, runs: int) -> None:
    """Every address that openapi.yaml has of a job, by somebody else: answered as if there were no such job."""
    jobs = scene.crowd(1)
    scene.final(jobs)
    pending, _ = scene.create(scene.wanted())
    addresses = list(_addresses())
    nosy = stranger(scene.cloud)
    while scene.runs < runs:
        for job_id in (*jobs, pending):
            before = scene.watch.latest(job_id)
            for address in addresses:
                _stranger_asks(scene, nosy, job_id, address)
            scene.check(scene.watch.latest(job_id) == before, "I5", "was changed by a stranger", job_id)
    listed = scene.phone.http.get(f"{scene.cloud.running.urls['status']}/v1/jobs", headers=nosy.headers).text
    for job_id in (*jobs, pending):
        scene.check(job_id not in listed, "I5", "is in a stranger's list", job_id)


def forged_pushes(scene: Scene, runs: int) -> None:
    """Pushes with every part of their token wrong, for jobs that wait; and old tokens sent once more."""
    keys = Keys(Path(scene.cloud.running.data) / "keys")
    waiting, _ = scene.create(scene.wanted())
    (done,) = scene.crowd(1)
    scene.final([done])
    right = claims(scene.cloud)
    push = push_of(scene.cloud, waiting, Priority.NORMAL, 1)
    replay = _replayed(scene, done)
    before, after = (scene.watch.latest(job) for job in (waiting, done))
    for number in range(runs):
        forge = FORGERIES[number % len(FORGERIES)]
        answer = _post(scene.cloud, push, forge(keys, right, number))
        scene.check(answer.status_code == 401, "I5", f"forgery {number % len(FORGERIES)}: {answer.status_code}")
        answer = _post(scene.cloud, replay, f"Bearer {keys.sign_token(right)}")
        scene.check(answer.status_code == 204, "I2", f"a push that came again was answered {answer.status_code}", done)
        scene.runs += 1
    scene.check(scene.watch.latest(waiting) == before, "I5", "was changed by a forged push", waiting)
    scene.check(scene.watch.latest(done) == after, "I2", "was changed by a push that came again", done)


def claims(cloud: Cloud) -> dict[str, Any]:
    """What the token of a true push says."""
    return {
        "iss": "https://accounts.google.com",
        "aud": f"{cloud.running.urls['analyze']}/",
        "sub": "1",
        "email": cloud.names.pusher,
        "email_verified": True,
    }


def token_of(cloud: Cloud, said: dict[str, Any]) -> str:
    """A token that Pub/Sub's issuer would sign."""
    return Keys(Path(cloud.running.data) / "keys").sign_token(said)


def push_of(cloud: Cloud, job_id: str, priority: Priority, generation: int) -> dict[str, Any]:
    """What Pub/Sub sends when a photo of a job was put."""
    name = object_name(priority, job_id, 0)
    arrival = Arrival(
        bucket=cloud.names.uploads_bucket, name=name, generation=generation, size=1, content_type="image/jpeg"
    )
    payload, attributes = notification(arrival, priority=priority)
    data = base64.b64encode(json.dumps(payload).encode()).decode()
    subscription = next(name for name, pushed in PUSHED.items() if pushed == priority)
    message = {"messageId": "1", "attributes": attributes, "data": data}
    return {"message": message, "subscription": cloud.names.subscription(subscription)}


Forge = Callable[[Keys, dict[str, Any], int], str]


def _changed(**other: Any) -> Forge:
    return lambda keys, right, _: f"Bearer {keys.sign_token({**right, **other})}"


def _expired(keys: Keys, right: dict[str, Any], number: int) -> str:
    now = int(time.time())
    return f"Bearer {keys.sign_token({**right, 'iat': now - 7200, 'exp': now - 11 - number})}"


def _unsigned(_: Keys, right: dict[str, Any], __: int) -> str:
    return f"Bearer {_joined({'alg': 'none', 'typ': 'JWT'}, right)}."


def _symmetric(keys: Keys, right: dict[str, Any], _: int) -> str:
    """The public key, which everybody has, taken for a secret that only two know."""
    public = keys.jwks()["keys"][0]
    text = _joined({"alg": "HS256", "typ": "JWT", "kid": public["kid"]}, right)
    return f"Bearer {text}.{_base64(hmac.digest(json.dumps(public).encode(), text.encode(), 'sha256'))}"


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_base64(json.dumps(part).encode()) for part in parts)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _other_digit(keys: Keys, right: dict[str, Any], number: int) -> str:
    token = keys.sign_token(right)
    at = len(token) - 3 - number % 300
    return f"Bearer {token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


FORGERIES: Final[tuple[Forge, ...]] = (
    lambda *_: "",
    lambda keys, right, _: keys.sign_token(right),
    _changed(aud="https://elsewhere.example/"),
    _changed(email="thief@demo-loupe.iam.gserviceaccount.com"),
    _changed(email_verified=False),
    _changed(iss="https://securetoken.google.com/other-project", email="pusher@other.iam.gserviceaccount.com"),
    _expired,
    _unsigned,
    _symmetric,
    _other_digit,
)


def _replayed(scene: Scene, job_id: str) -> dict[str, Any]:
    job = scene.watch.latest(job_id) or {}
    return push_of(scene.cloud, job_id, Priority(job["priority"]), job["images"]["0"]["generation"])


def _post(cloud: Cloud, push: dict[str, Any], authorization: str) -> httpx.Response:
    headers = {"Authorization": authorization} if authorization else {}
    return httpx.post(cloud.running.urls["analyze"], json=push, headers=headers, timeout=20, trust_env=False)


def _addresses() -> Iterator[tuple[str, str, str]]:
    """Verb, path and function of everything that can be asked of a job."""
    described = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    for path, operations in described["paths"].items():
        for verb in VERBS:
            if "{jobId}" in path and verb in operations:
                yield verb, path, operations[verb]["tags"][0]


def _stranger_asks(scene: Scene, nosy: Person, job_id: str, address: tuple[str, str, str]) -> None:
    verb, path, function = address
    told = f"{verb.upper()} {path}"
    body: dict[str, Any] | None = {} if verb in ("post", "put", "patch") else None

    def asked(of: str, headers: dict[str, str]) -> tuple[int, str]:
        url = scene.cloud.running.urls[function] + _filled(path, of)
        answer = scene.phone.http.request(verb, url, headers=headers, json=body)
        scene.runs += 1
        return answer.status_code, _reason(answer)

    theirs, nobodys = asked(job_id, nosy.headers), asked(new_job_id(), nosy.headers)
    scene.check(theirs == nobodys, "I5", f"{told}: {theirs}, and of no job at all {nobodys}", job_id)
    scene.check(theirs[0] in (404, 400), "I5", f"{told} was answered {theirs} to a stranger", job_id)
    nameless = asked(job_id, scene.rng.choice(({}, {"Authorization": "Bearer not.a.token"})))
    scene.check(nameless[0] == 401, "I5", f"{told} was answered {nameless} without a token", job_id)


def _filled(path: str, job_id: str) -> str:
    """The path with the job's id, and something that may be there for everything else."""
    filled = path.replace("{jobId}", job_id)
    while "{" in filled:
        before, _, rest = filled.partition("{")
        filled = before + "0" + rest.partition("}")[2]
    return filled


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["details"][0]["reason"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
