"""The functions as they are deployed: a functions-framework process each, told what it needs by its environment."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.apps import PHOTO, TOPICS, body_of, running_stack
from tests.running import ROOT

FRAMEWORK = Path(sys.executable).with_name("functions-framework")


def command(function: str, port: int) -> list[str]:
    source = str(ROOT / "functions" / function / "main.py")
    return [str(FRAMEWORK), "--source", source, "--target", function, "--host", "127.0.0.1", "--port", str(port)]


def environment(stack, **changes: str) -> dict[str, str]:
    ports = stack.cloud.ports
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "GOOGLE_CLOUD_PROJECT": stack.cloud.project,
        "FIRESTORE_EMULATOR_HOST": ports.address("firestore"),
        "STORAGE_EMULATOR_HOST": ports.url("storage"),
        "ID_TOKEN_KEYS_URL": stack.common["id_token_keys_url"],
        "UPLOADS_BUCKET": f"{stack.cloud.project}-uploads",
        "DERIVED_BUCKET": f"{stack.cloud.project}-derived",
        **{f"{topic.upper()}_TOPIC": f"projects/{stack.cloud.project}/topics/{topic}" for topic in TOPICS},
        "SIGNER_KEY_FILE": str(stack.keys.service_account_file),
        "PAGE_TOKEN_SECRET": "a secret of this test run",
        **changes,
    }


@contextlib.contextmanager
def running(stack, function: str, log: Path) -> Iterator[str]:
    """The function's URL, while it runs; its standard output goes to `log`."""
    port = getattr(stack.cloud.ports, function)
    with log.open("wb") as output:
        process = subprocess.Popen(command(function, port), env=environment(stack), stdout=output, stderr=output)
        try:
            await_port(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


def await_port(process: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.02)
    raise AssertionError("the function did not open its port")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("cloud")) as running_cloud:
        yield running_cloud


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("logs") / "upload.log"


@pytest.fixture(scope="module")
def upload(stack, log):
    with running(stack, "upload", log) as url:
        yield url


@pytest.fixture(scope="module")
def status(stack, tmp_path_factory):
    with running(stack, "status", tmp_path_factory.mktemp("logs") / "status.log") as url:
        yield url


@pytest.fixture
def alice(stack):
    return stack.sign_in()


def refusal(answer: requests.Response) -> str:
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.json()["error"]["details"][0]["reason"]


@pytest.mark.parametrize("function", ["upload", "status"])
def test_a_deployed_function_says_that_it_is_up(function, request):
    answer = requests.get(f"{request.getfixturevalue(function)}/healthz", timeout=5)
    assert (answer.status_code, answer.json()["function"]) == (200, function)


def test_a_job_made_by_one_function_is_read_by_the_other(upload, status, alice):
    made = requests.post(f"{upload}/v1/jobs", json=body_of(), headers=alice.headers, timeout=5).json()
    place = made["uploads"][0]
    assert requests.put(place["url"], data=PHOTO, headers=place["headers"], timeout=5).status_code == 200
    read = requests.get(f"{status}/v1/{made['job']['name']}", headers=alice.headers, timeout=5)
    assert read.json() == made["job"]


@pytest.mark.parametrize("size", [70_000, 11 * 1024 * 1024])
def test_a_body_far_too_large_is_refused_and_the_server_lives(upload, alice, size):
    headers = {**alice.headers, "Content-Type": "application/json"}
    answer = requests.post(f"{upload}/v1/jobs", data=b"x" * size, headers=headers, timeout=10)
    assert (answer.status_code, refusal(answer)) == (400, "REQUEST_TOO_LARGE")
    assert requests.get(f"{upload}/healthz", timeout=5).status_code == 200


def test_a_body_of_no_declared_length_is_counted(upload, alice):
    chunks = (b"x" * 10_000 for _ in range(20))
    headers = {**alice.headers, "Content-Type": "application/json"}
    answer = requests.post(f"{upload}/v1/jobs", data=chunks, headers=headers, timeout=10)
    assert (answer.status_code, refusal(answer)) == (400, "REQUEST_TOO_LARGE")


def test_a_connection_that_breaks_off_harms_nobody(upload):
    host, port = upload.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    assert requests.get(f"{upload}/healthz", timeout=5).status_code == 200


def test_a_preflight_and_an_unknown_address_carry_cors(upload):
    preflight = requests.options(f"{upload}/v1/jobs", headers={"Origin": "https://app.example"}, timeout=5)
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    unknown = requests.get(f"{upload}/nothing/here", timeout=5)
    assert (unknown.status_code, refusal(unknown)) == (404, "ROUTE_NOT_FOUND")


def test_what_is_logged_is_json_and_holds_no_token(upload, alice, log):
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {**alice.headers, "traceparent": f"00-{trace}-b7ad6b7169203331-01", "X-Request-Id": "seen-in-the-log"}
    requests.post(f"{upload}/v1/jobs", json=body_of(kind="horoscope"), headers=headers, timeout=5)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (entry,) = [line for line in lines if line["logging.googleapis.com/labels"].get("request_id") == "seen-in-the-log"]
    assert entry["message"] == "Refused POST /v1/jobs: KIND_UNKNOWN"
    assert entry["logging.googleapis.com/trace"].endswith(trace)
    assert alice.token not in log.read_text()


WRONG = {
    "nobody signs": ("upload", {"SIGNER_KEY_FILE": ""}, "exactly one of SIGNER_EMAIL and SIGNER_KEY_FILE"),
    "nobody signs downloads": ("status", {"SIGNER_KEY_FILE": ""}, "exactly one of SIGNER_EMAIL and SIGNER_KEY_FILE"),
    "no bucket": ("upload", {"UPLOADS_BUCKET": ""}, "UPLOADS_BUCKET is missing"),
    "a short secret": ("status", {"PAGE_TOKEN_SECRET": "short"}, "PAGE_TOKEN_SECRET is wrong"),
    "a laptop's settings in the cloud": ("upload", {"K_SERVICE": "upload"}, "FIRESTORE_EMULATOR_HOST must not be set"),
}


@pytest.mark.parametrize(("function", "changes", "says"), WRONG.values(), ids=WRONG)
def test_a_function_with_wrong_settings_does_not_start(stack, function, changes, says):
    done = subprocess.run(
        command(function, 1), env=environment(stack, **changes), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode != 0
    assert says in done.stderr
    assert "docs/settings.md" in done.stderr


LEAN = """
import importlib, sys
importlib.import_module("functions.{function}.main")
print([name for name in {forbidden!r} if name in sys.modules])
"""


@pytest.mark.parametrize("function", ["upload", "status"])
def test_a_function_loads_only_what_it_needs(stack, function):
    heavy = ["numpy", "cv2", "PIL", "onnxruntime", "google.cloud.vision", "google.cloud.pubsub_v1", "firebase_admin"]
    heavy += ["google.cloud.firestore", "google.cloud.storage"]  # loaded when the first request comes
    script = LEAN.format(function=function, forbidden=heavy)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(stack), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout == "[]\n", done.stderr
