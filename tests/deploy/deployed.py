"""The three functions as Cloud Run would have them: unpacked bundles, each with a virtual environment of its own."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from localcloud.ground import Ports
from localcloud.supervisor.plan import Plan, Program
from localcloud.supervisor.state import Process, Running
from tests.running import ROOT
from tools.bundle.archive import Bundle, bundle

FUNCTIONS = ("upload", "status", "analyze")
EMULATORS = {"FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "STORAGE_EMULATOR_HOST"}
# What every program is given: where programs are, and that no proxy stands between it and this machine.
BARE = {"PATH": "/usr/bin:/bin", "NO_PROXY": "*"}

# Runs inside a deployment: load the function as functions-framework does, ask it once, tell what was loaded.
ASK = """
import json, os, resource, sys
import functions_framework
method, path, body = json.loads(sys.argv[1])
target = os.environ["FUNCTION_TARGET"]
client = functions_framework.create_app(target, "main.py").test_client()
answer = client.open(path, method=method, json=body)
print(json.dumps({"code": answer.status_code, "body": answer.get_json(silent=True), "modules": sorted(sys.modules),
                  "shared": sys.modules["shared"].__file__}))
"""
SPENT = "import resource; used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime)"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One function, unpacked and installed."""

    bundle: Bundle
    folder: Path  # holds main.py
    venv: Path

    @property
    def name(self) -> str:
        return self.bundle.function

    @property
    def python(self) -> str:
        return str(self.venv / "bin" / "python")

    @property
    def site_packages(self) -> Path:
        (found,) = self.venv.glob("lib/python*/site-packages")
        return found

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the deployment, with nothing in the environment but `variables`."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**BARE, "FUNCTION_TARGET": self.name, **variables},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def ask(self, method: str, path: str, body: object = None, **variables: str) -> dict[str, object]:
        """What the function answers to one request, and which modules that took."""
        done = self.run("-c", ASK, json.dumps([method, path, body]), **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def cpu_seconds(self, code: str, **variables: str) -> float:
        """The CPU time of an interpreter that runs `code`."""
        done = self.run("-c", f"{code}\n{SPENT}", **variables)
        assert done.returncode == 0, done.stderr
        return float(done.stdout.splitlines()[-1])


def deploy(function: str, folder: Path) -> Deployment:
    """Bundle, unpack and install one function. Skips, with the reason, where no package can be had."""
    made = bundle(ROOT, function)
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        archive.extractall(folder / "source")
    venv = folder / "venv"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, venv], check=True)
    install = [uv, "pip", "install", "-q", "-p", venv / "bin" / "python", "--require-hashes", "--only-binary", ":all:"]
    done = subprocess.run(
        [*install, "-r", folder / "source" / "requirements.txt"], capture_output=True, text=True, check=False
    )
    unreachable = any(word in done.stderr for word in ("Failed to fetch", "dns error", "error sending request"))
    if done.returncode and unreachable and not os.environ.get("CI"):
        pytest.skip(f"no package index can be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return Deployment(bundle=made, folder=folder / "source", venv=venv)


def documented(program: Program) -> dict[str, str]:
    """Of a local process's environment only what docs/settings.md names for the function."""
    settings = importlib.import_module(f"functions.{program.name}.settings").Settings
    named = {field.name.upper() for field in msgspec.structs.fields(settings)} | EMULATORS
    return {name: value for name, value in program.environment.items() if name in named}


@contextlib.contextmanager
def local_cloud(data: Path, ports: Ports) -> Iterator[dict[str, Program]]:
    """A local cloud without functions; yields how the functions would be started on it."""
    plan = Plan(data=data, ports=ports, page_token_secret="a secret for this test alone")
    programs = {program.name: program for program in plan.programs()}
    cloud = programs["localcloud"]
    process = subprocess.Popen(cloud.command, cwd=ROOT, env=dict(cloud.environment), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield programs
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@contextlib.contextmanager
def serving(deployment: Deployment, variables: dict[str, str], port: int, log: Path) -> Iterator[None]:
    """The function, served by functions-framework as in its container."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [deployment.venv / "bin" / "functions-framework"],
            cwd=deployment.folder,
            env={**BARE, **variables, "FUNCTION_TARGET": deployment.name, "HOST": "127.0.0.1", "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def running(data: Path, ports: Ports) -> Running:
    """The pieces as the command line's client knows a stack."""
    nobody = Process(name="none", pid=0, start_time=0)
    urls = {name: ports.url(name) for name, _ in ports}
    return Running(supervisor=nobody, project="demo-loupe", data=str(data), ports=ports, urls=urls, processes=())


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not come up: {log.read_text()}")
