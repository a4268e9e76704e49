"""The stack: its ports, and each service by a real call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from localcloud.ground import Ports
from localcloud.supervisor import memory, ports, state
from localcloud.supervisor.state import Running
from localcloud.topology import UPLOADS, Names
from loupe.doctor import signs, wiring
from loupe.doctor.finding import Finding, Health, bad, good
from shared.errors import LoupeError
from shared.version import VERSION

TIMEOUT: Final = 5.0  # seconds for one call
MB: Final = 1e6
ASK_AGAIN: Final = "Run loupe doctor once more; if it stays so: loupe down, then loupe up"
RESTART: Final = "Start the stack anew: loupe down, then loupe up. What it printed is in {logs}"


def look(data: Path) -> Iterator[Finding]:
    """Everything about the stack on `data`, or what would keep one from starting."""
    running = state.running(data)
    if running is None:
        yield good("Stack", "none is running; `loupe up` starts one")
        yield free(Ports())
        return
    yield good("Stack", f"up, process {running.supervisor.pid}, project {running.project}")
    yield taken(running)
    answers = [_asked(name, ask, running) for name, ask in CALLS.items()]
    yield from answers
    if all(answer.health is Health.GOOD for answer in answers):  # what does not answer cannot be looked into
        yield from _looked("Wiring", lambda: wiring.look(running))
        yield from _looked("Signs", lambda: signs.look(running))


def free(wanted: Ports) -> Finding:
    """Whether the usual ports can be had."""
    try:
        ports.require_free(wanted)
    except ports.PortsTaken as error:
        holders = ", ".join(f"{one.port} ({one.service}) by {one.holder}" for one in error.taken)
        return bad("Ports", f"taken: {holders}", "Stop those programs, or start with: loupe up --free-ports")
    return good("Ports", "the usual ones are free")


def taken(running: Running) -> Finding:
    """The memory that the stack takes."""
    by_process = memory.of_stack(running)
    parts = ", ".join(f"{name} {taken / MB:.0f}" for name, taken in by_process.items())
    return good("Memory", f"{sum(by_process.values()) / MB:.0f} MB ({parts})")


def _asked(name: str, ask: Callable[[Running], str], running: Running) -> Finding:
    from google.api_core.exceptions import GoogleAPICallError

    remedy = RESTART.format(logs=Path(running.data) / "logs")
    try:
        return good(name, ask(running))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return bad(name, f"{running.urls[name]} does not answer as it should: {_why(error)}", remedy)
    except GoogleAPICallError as error:
        return bad(name, f"{running.urls[name]}: {error.message}", remedy)


def _looked(name: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    from google.api_core.exceptions import GoogleAPIError

    try:
        yield from look()
    except (httpx.HTTPError, LoupeError) as error:
        yield bad(name, f"could not be looked at: {_why(error)}", ASK_AGAIN)
    except GoogleAPIError as error:
        yield bad(name, f"could not be looked at: {str(error).splitlines()[0]}", ASK_AGAIN)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _get(running: Running, service: str, path: str) -> Mapping[str, Any]:
    answer = httpx.get(running.urls[service] + path, timeout=TIMEOUT, trust_env=False)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def _function(name: str) -> Callable[[Running], str]:
    def ask(running: Running) -> str:
        body = _get(running, name, "/healthz")
        if body["function"] != name or body["version"] != VERSION:
            raise ValueError(f"it is {body['function']} {body['version']}, not {name} {VERSION}")
        return f"version {body['version']}"

    return ask


def _auth(running: Running) -> str:
    keys = _get(running, "auth", "/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com")["keys"]
    return f"{len(keys)} key for ID tokens"


def _storage(running: Running) -> str:
    bucket = Names(project=running.project).uploads_bucket
    return f"bucket {_get(running, 'storage', f'/storage/v1/b/{bucket}')['name']}"


def _firestore(running: Running) -> str:
    from loupe.client.watching import database

    found = database(running).document("control/switches").get(timeout=TIMEOUT, retry=None)
    return "switches are set" if found.exists else "no switches are set"


def _pubsub(running: Running) -> str:
    from google.pubsub_v1 import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    client = PublisherClient(transport=PublisherGrpcTransport(channel=_channel(running, "pubsub")))
    with client:
        topic = client.get_topic(topic=Names(project=running.project).topic(UPLOADS), timeout=TIMEOUT, retry=None)
    return f"topic {topic.name.rpartition('/')[2]}"


def _vision(running: Running) -> str:
    from google.cloud import vision
    from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

    client = vision.ImageAnnotatorClient(transport=ImageAnnotatorGrpcTransport(channel=_channel(running, "vision")))
    with client:
        client.batch_annotate_images(requests=[], timeout=TIMEOUT, retry=None)
    return "answers"


def _channel(running: Running, service: str) -> Any:
    import grpc

    return grpc.insecure_channel(running.ports.address(service), options=[("grpc.enable_http_proxy", 0)])


CALLS: Final[Mapping[str, Callable[[Running], str]]] = {
    "auth": _auth,
    "firestore": _firestore,
    "pubsub": _pubsub,
    "storage": _storage,
    "vision": _vision,
    "upload": _function("upload"),
    "status": _function("status"),
    "analyze": _function("analyze"),
}
