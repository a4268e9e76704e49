"""A whole local stack for tests: the local cloud and the three functions, as `loupe up` runs them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from localcloud.supervisor import background, state
from localcloud.supervisor.order import Order
from localcloud.supervisor.plan import client_environment
from localcloud.supervisor.ports import free_ports
from localcloud.supervisor.state import Running
from loupe.client.phone import Phone, signed_in
from tests.running import ROOT

ENOUGH = {"QUOTA_BURST": "100000", "QUOTA_PER_HOUR": "1000000"}
QUICK_LEASE = {"LEASE_SECONDS": "1"}  # a killed worker's job is taken over after this and the allowance for clocks
UNSWEPT = {"SWEEP_EVERY_SECONDS": "0"}  # what a test has broken is not mended at a moment that nobody chose


@dataclass(frozen=True)
class Stack:
    """A running stack. Ports and URLs by service name are in `running`."""

    running: Running

    @property
    def data(self) -> Path:
        return Path(self.running.data)

    @property
    def environment(self) -> dict[str, str]:
        """What Google's client libraries read to find it."""
        return client_environment(self.running.project, self.running.ports)

    def now(self) -> Running:
        """The stack as its state file describes it now: processes that were started again have new ids."""
        found = state.running(self.data)
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        return next(process.pid for process in self.now().processes if process.name == name)

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to it: supervisor, leash, services, gunicorn masters and workers, decoders."""
        supervisor = psutil.Process(self.now().supervisor.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    @contextlib.contextmanager
    def phone(self) -> Iterator[Phone]:
        """A new user of this stack, signed in."""
        (self.data / "phone.json").unlink(missing_ok=True)
        with signed_in(self.running) as phone:
            yield phone

    def loupe(self, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        """`loupe … --data` of this stack."""
        return loupe(*arguments, data=self.data, **options)


def loupe(
    *arguments: object, data: Path, cwd: Path | None = None, timeout: float = 60, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, with nothing in the environment but `variables`."""
    return subprocess.run(
        command(*arguments),
        env=environment(data, **variables),
        cwd=cwd or data.parent,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "loupe", *map(str, arguments)]


def environment(data: Path, **variables: str) -> dict[str, str]:
    basics = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(data.parent), "LANG": "C.UTF-8"}
    return {**basics, "LOUPE_DATA": str(data), **variables}


@contextlib.contextmanager
def started(data: Path, **overrides: dict[str, str]) -> Iterator[Stack]:
    """A stack of its own, for the length of a `with` block."""
    order = Order(data=str(data), ports=free_ports(), overrides=overrides)
    with background.temporary(order, note=print) as running:
        yield Stack(running)


def eventually(true: Callable[[], bool], *, within: float = 10) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
