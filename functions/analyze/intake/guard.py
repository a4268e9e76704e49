"""Does what touches a stranger's bytes in child processes, so that none of them can harm this one.

A photo that crashes its decoder, hangs it, or wants too much memory is rejected with a reason, and its child is
replaced; every other photo is judged as if nothing had happened. Neither NumPy nor Pillow is loaded here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from shared.model.quality import default_policy

from .process import Child, ChildDied
from .refusal import Refused, rejected
from .screen import identify, unjudged
from .tasks import JUDGE, TASKS, Task
from .verdict import Judged
from .wire import OUT_OF_MEMORY

_REASONS: Final[Mapping[int, str]] = {OUT_OF_MEMORY: "TOO_MUCH_MEMORY", -signal.SIGXCPU: "DECODER_TIMEOUT"}
_START_SECONDS: Final = 60.0  # loading the decoders from a cold disk on a loaded machine

Answer = TypeVar("Answer")


class GuardUnavailableError(Exception):
    """Nothing is known about the photo, and trying again later is right: no child could be started."""


class GuardStarvedError(GuardUnavailableError):
    """Nothing is known about the photo, and trying again later is right: its child hardly got the CPU."""


class Guard:
    """A pool of warm children for each task. Every method may be called from any thread."""

    def __init__(self, *, children: int | None = None, tasks: Mapping[str, Task] = TASKS) -> None:
        """Start nothing yet.

        Args:
            children: payloads worked on at the same time, of all tasks; more callers wait. Two at most by default,
                fewer on one CPU.
            tasks: what there is to do, by name.
        """
        self._tasks = tasks
        self._turns = threading.BoundedSemaphore(children or min(2, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._children: set[Child] = set()
        self._idle: dict[str, list[Child]] = {name: [] for name in tasks}
        self._closed = False

    def judge(self, data: bytes, *, declared_type: str | None = None) -> Judged:
        """Judge a photo.

        Raises GuardUnavailableError when no child can be started or it gets no CPU time, RuntimeError after `close`;
        nothing else.
        """
        try:
            identify(data, declared_type=declared_type, limits=default_policy().limits)
            return self._ask(JUDGE, data, _judged)
        except Refused as refused:
            return rejected(refused, unjudged(data))

    def run(self, task: str, payload: bytes) -> bytes:
        """Have a task done, and return its answer.

        Raises Refused with DECODER_CRASHED, DECODER_TIMEOUT or TOO_MUCH_MEMORY where the payload ended its child,
        GuardUnavailableError when no child can be started or it gets no CPU time, RuntimeError after `close`, KeyError
        for no such task.
        """
        return self._ask(task, payload, bytes)

    def warm(self, task: str = JUDGE) -> None:
        """Start a child in the background, so that the first payload need not wait for it."""
        threading.Thread(target=self._warm, args=(task,), name="guard-warm", daemon=True).start()

    def close(self) -> None:
        """End the children; one that is judging a photo finishes it first."""
        with self._lock:
            self._closed = True
            idle = [child for children in self._idle.values() for child in children]
            self._idle = {}
        for child in idle:
            self._end(child)

    @property
    def pids(self) -> frozenset[int]:
        """The process ids of the children, for whoever watches them."""
        with self._lock:
            return frozenset(child.pid for child in self._children)

    def __enter__(self) -> Self:
        """The guard closes when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the children."""
        self.close()

    def _ask(self, name: str, payload: bytes, understand: Callable[[bytes], Answer]) -> Answer:
        """Ask a child. Raises Refused where it fails, and lets no child that failed work again."""
        task = self._tasks[name]
        with self._turns:
            child = self._take(name)
            reusable = False
            try:
                answer = understand(child.ask(payload, task.seconds))
                reusable = not (isinstance(answer, Judged) and answer.reason == "TOO_MUCH_MEMORY")
            except TimeoutError:
                if child.starved:
                    raise GuardStarvedError(f"no CPU time to spare in {task.seconds:g} s") from None
                raise Refused("DECODER_TIMEOUT", seconds=task.seconds) from None
            except ChildDied as died:
                reason = _REASONS.get(died.status, "DECODER_CRASHED")
                raise Refused(reason, detail=str(died), seconds=task.seconds) from died
            except msgspec.DecodeError as error:
                raise Refused("DECODER_CRASHED", detail="answered something else than a verdict") from error
            finally:
                self._put_back(name, child) if reusable else self._end(child)
        return answer

    def _warm(self, name: str) -> None:
        # Whoever asks next starts a child too, and is told if that fails.
        with self._turns, contextlib.suppress(GuardUnavailableError, RuntimeError):
            self._put_back(name, self._take(name))

    def _take(self, name: str) -> Child:
        """A living child for the task that nobody else uses: one that is warm, else a new one."""
        while True:
            with self._lock:
                if self._closed:
                    raise RuntimeError("the guard is closed")
                idle = self._idle[name]
                child = idle.pop() if idle else None
            if child is None:
                return self._start(self._tasks[name])
            if child.alive:
                return child
            self._end(child)

    def _start(self, task: Task) -> Child:
        try:
            child = Child(task)
        except OSError as error:
            raise GuardUnavailableError(f"no new process: {error}") from error
        with self._lock:
            self._children.add(child)
        try:
            child.get_ready(_START_SECONDS)
        except (ChildDied, TimeoutError) as error:
            self._end(child)
            raise GuardUnavailableError(f"the decoders did not load: {error}") from error
        return child

    def _put_back(self, name: str, child: Child) -> None:
        with self._lock:
            if not self._closed:
                self._idle[name].append(child)
                return
        self._end(child)

    def _end(self, child: Child) -> None:
        child.end()
        with self._lock:
            self._children.discard(child)


def _judged(answer: bytes) -> Judged:
    return msgspec.msgpack.decode(answer, type=Judged)
