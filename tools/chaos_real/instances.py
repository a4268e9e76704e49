"""More instances of analyze beside the stack's own, with something different about each: its clock, its disk."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
from google.pubsub_v1.types import PushConfig

from localcloud.supervisor.plan import ROOT, Plan
from localcloud.supervisor.ports import free_ports
from localcloud.topology import push_audience
from tools.chaos_real.cloud import Cloud, change

READY_WITHIN: Final = 60.0  # seconds
GRACE: Final = 10.0


class NotHere(Exception):
    """What this machine lacks for a row to be played; the text says how to get it."""


@contextlib.contextmanager
def instance(cloud: Cloud, folder: Path, name: str, *, ahead: float = 0.0, **variables: str) -> Iterator[str]:
    """Another process of analyze for the length of a `with` block; its URL.

    Its clock is `ahead` by so many seconds; `variables` are added to its environment.
    """
    port = free_ports().analyze
    plan = Plan(
        data=Path(cloud.running.data),
        ports=cloud.running.ports,
        project=cloud.running.project,
        overrides=cloud.setting.overrides(state=str(cloud.points), runs=1),
    )
    program = next(one for one in plan.programs() if one.name == "analyze")
    python, _, framework, *options, _ = program.command
    assert (framework, options[-1]) == ("functions_framework", "--port")
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            (python, "-m", "tools.chaos_real.skewed", str(ahead), *options, str(port)),
            cwd=ROOT,
            env={**program.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_until_ready(process, url, folder / f"{name}.log")
        yield url
    finally:
        _end(process)


@contextlib.contextmanager
def pushed_to(cloud: Cloud, endpoints: dict[str, str]) -> Iterator[None]:
    """Subscriptions (by short name) push to other URLs inside the block."""
    own = push_audience(cloud.running.ports)
    try:
        for name, url in endpoints.items():
            _aim(cloud, name, url)
        yield
    finally:
        for name in endpoints:
            _aim(cloud, name, own)


def _aim(cloud: Cloud, subscription: str, url: str) -> None:
    token = PushConfig.OidcToken(service_account_email=cloud.names.pusher, audience=push_audience(cloud.running.ports))
    change(cloud, subscription, push_config=PushConfig(push_endpoint=url, oidc_token=token))


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}healthz", timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"an instance of analyze did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
