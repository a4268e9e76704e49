"""The leash: a small process that ends the stack's processes when their supervisor is gone, however it went.

It holds the other end of a pipe. The supervisor's children enrol on it before they become what they are to be, so that
none can be forgotten; the end of the pipe is the supervisor's end. Run as a script it needs the standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence

GRACE = 5.0  # seconds between "please" and "now"


class Leash:
    """The supervisor's side. `held` are file descriptors that the process keeps open until all is ended."""

    def __init__(self, *, held: Sequence[int] = ()) -> None:
        import subprocess

        reader, self._writer = os.pipe()
        # Its own group: a Ctrl-C in the terminal is the supervisor's to handle.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=reader, pass_fds=held, process_group=0
        )
        os.close(reader)

    @property
    def pid(self) -> int:
        """The process id of the leash."""
        return self._process.pid

    def enrol(self) -> None:
        """To be called in a forked child that leads a process group, before it executes its program."""
        os.write(self._writer, b"+%d\n" % os.getpid())

    def release(self, group: int) -> None:
        """A process group is known to be gone."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, b"-%d\n" % group)

    def close(self) -> None:
        """Let go: whatever is still enrolled ends. Returns when it has."""
        os.close(self._writer)
        self._process.wait(2 * GRACE)


def end_groups(groups: set[int], grace: float = GRACE) -> None:
    """Ask process groups to end, and make those end that have not after `grace` seconds."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(_exists(group) for group in groups):
        time.sleep(0.02)
    _signal(groups, signal.SIGKILL)


def _signal(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Read who is enrolled until the pipe ends, then end them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    end_groups(groups)


if __name__ == "__main__":
    main()
