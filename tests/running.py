"""Start pieces of the local cloud for a test, on free ports, and stop them again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.ground import PROJECT, Ports

ROOT = Path(__file__).parent.parent


def free_ports() -> Ports:
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as held:
        chosen = {}
        for name, _ in Ports():
            sock = held.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            chosen[name] = sock.getsockname()[1]
    return Ports(**chosen)


@dataclass
class LocalCloud:
    """A `python -m localcloud` process; `start` and `stop` may be called again and again on the same data."""

    data: Path
    only: str
    ports: Ports = field(default_factory=free_ports)
    project: str = PROJECT
    options: tuple[str, ...] = ("--bare",)
    process: subprocess.Popen[str] | None = None

    def start(self) -> LocalCloud:
        """Returns when every port is open."""
        command = [sys.executable, "-m", "localcloud", *self.options, "--data", str(self.data), "--only", self.only]
        command += [part for name, port in self.ports for part in (f"--{name}-port", str(port))]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.data)}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", f"localcloud did not start: {line!r}"
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextlib.contextmanager
def local_cloud(data: Path, only: str) -> Iterator[LocalCloud]:
    """The named services, for the length of a `with` block."""
    cloud = LocalCloud(data=data, only=only).start()
    try:
        yield cloud
    finally:
        if cloud.process is not None and cloud.process.poll() is None:
            cloud.stop()
