"""One guarded child process, as the guard sees it: started, asked with a deadline, ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from .tasks import Task
from .wire import HEADER, LARGEST_FRAME

_CHUNK: Final = 2**20
_FUNCTION: Final = Path(__file__).parent.parent
_BOOT: Final = Path(__file__).with_name("boot.py")
# What an interpreter may need to find its libraries. Nothing else of the environment is passed on: it holds secrets.
_PASSED_ON: Final = ("HOME", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONUSERBASE")


class ChildDied(Exception):
    """The child ended, or broke the protocol, while it was asked. `status` is its exit code, or minus a signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


class Child:
    """A child that has been started; it is of no more use after ChildDied or TimeoutError."""

    def __init__(self, task: Task) -> None:
        """Start it; it gets ready on its own. Raises OSError if there can be no more processes."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_BOOT)],
            env=_environment(),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
        assert self._process.stdout is not None  # noqa: S101 - PIPE was asked for
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
            _widen(pipe.fileno())
        self._task = task
        self._asked = (0.0, 0.0)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def get_ready(self, seconds: float) -> None:
        """Returns when its decoders are loaded. Raises TimeoutError or ChildDied."""
        self.ask(msgspec.msgpack.encode(self._task), seconds)

    def ask(self, payload: bytes, seconds: float) -> bytes:
        """Send one frame and return the one that answers it. Raises TimeoutError or ChildDied."""
        began = time.monotonic()
        self._asked = (began, self._spent()[1])
        deadline = began + seconds
        self._send(HEADER.pack(len(payload)), deadline)
        self._send(payload, deadline)
        (length,) = HEADER.unpack(self._receive(HEADER.size, deadline))
        if length > LARGEST_FRAME:
            raise ChildDied(self.end())
        return bytes(self._receive(length, deadline))

    @property
    def starved(self) -> bool:
        """Whether it would go on with what it was asked, and has had the CPU for less than half of the time since."""
        began, before = self._asked
        state, spent = self._spent()
        return state == "R" and spent - before < (time.monotonic() - began) / 2

    def end(self) -> int:
        """Kill it where it still runs, close its pipes, and return its exit status."""
        self._process.kill()
        status = self._process.wait()
        self._stdin.close()
        self._stdout.close()
        return status

    def _spent(self) -> tuple[str, float]:
        """What the kernel says that it is doing (R: it runs or waits for a CPU), and its CPU time in seconds.

        Where the kernel does not tell, as on macOS, nothing is known of the state.
        """
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return "", 0.0
        user, system = fields[11:13]  # utime and stime: proc_pid_stat(5)
        return fields[0], (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _send(self, payload: bytes, deadline: float) -> None:
        rest = memoryview(payload)
        while rest:
            _wait(self._stdin.fileno(), select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._stdin.fileno(), rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise ChildDied(self._reap()) from None

    def _receive(self, length: int, deadline: float) -> bytearray:
        received = bytearray(length)
        rest = memoryview(received)
        while rest:
            _wait(self._stdout.fileno(), select.POLLIN, deadline)
            count = os.readv(self._stdout.fileno(), [rest[:_CHUNK]])
            if not count:
                raise ChildDied(self._reap())
            rest = rest[count:]
        return received

    def _reap(self) -> int:
        """The status of a child that closed its pipes: by itself if it ends at once, else by killing it."""
        try:
            return self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return self.end()


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


def _widen(descriptor: int) -> None:
    """Let a pipe hold a megabyte, so that a photo is not handed over in fifty pieces."""
    with contextlib.suppress(AttributeError, OSError):  # Linux has this, within limits that a user may have used up
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _CHUNK)


def _environment() -> dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # What Loupe's functions share, beside the function in an archive and above it elsewhere; and the folder in which
    # this process found msgspec.
    shared = [folder for folder in (_FUNCTION, *_FUNCTION.parents) if (folder / "shared").is_dir()][:1]
    folders = (*shared, Path(msgspec.__file__).parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        environment[threads] = "1"
    environment["MALLOC_ARENA_MAX"] = "2"  # more would eat address space, which is limited
    # What a photo of usual size needs is kept for the next one: giving it back and faulting it in again costs a tenth
    # of the CPU. Larger blocks go back at once.
    environment["MALLOC_MMAP_THRESHOLD_"] = environment["MALLOC_TRIM_THRESHOLD_"] = str(32 * 2**20)
    environment["LC_ALL"] = "C.UTF-8"
    return environment
