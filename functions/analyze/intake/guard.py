"""Judges photos in child processes, so that none of them can harm this one.

A photo that crashes its decoder, hangs it, or wants too much memory is rejected with a reason, and its child is
replaced; every other photo is judged as if nothing had happened. Neither NumPy nor Pillow is loaded here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import msgspec

from .policy import Policy, default_policy
from .process import Child, ChildDied
from .refusal import Refused, rejected
from .screen import identify, unjudged
from .verdict import Judged
from .wire import OUT_OF_MEMORY, Terms

_REASONS: Final[Mapping[int, str]] = {OUT_OF_MEMORY: "TOO_MUCH_MEMORY", -signal.SIGXCPU: "DECODER_TIMEOUT"}
_START_SECONDS: Final = 60.0  # loading the decoders from a cold disk on a loaded machine


class GuardUnavailableError(Exception):
    """No child could be started: nothing is known about the photo, and trying again later is right."""


class Guard:
    """A pool of warm children. Every method may be called from any thread."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        children: int | None = None,
        seconds: float = 10.0,
        memory: int = 2**30,
    ) -> None:
        """Start nothing yet.

        Args:
            policy: what is accepted; the one beside the code by default.
            children: photos judged at the same time; more callers wait. Two at most by default, fewer on one CPU.
            seconds: given to one photo, on the clock and of CPU time.
            memory: bytes of address space of a child, of which it needs about 250 MB for itself.
        """
        self._policy = policy or default_policy()
        self._seconds = seconds
        self._terms = Terms(policy=self._policy, memory=memory, cpu_seconds=max(1, round(seconds)))
        self._turns = threading.BoundedSemaphore(children or min(2, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._children: set[Child] = set()
        self._idle: list[Child] = []
        self._closed = False

    def judge(self, data: bytes, *, declared_type: str | None = None) -> Judged:
        """Judge a photo.

        Raises GuardUnavailableError when no child can be started, RuntimeError after `close`; nothing else.
        """
        try:
            identify(data, declared_type=declared_type, limits=self._policy.limits)
            with self._turns:
                return self._judge_guarded(data)
        except Refused as refused:
            return rejected(refused, unjudged(data))

    def warm(self) -> None:
        """Start a child in the background, so that the first photo need not wait for it."""
        threading.Thread(target=self._warm, name="intake-warm", daemon=True).start()

    def close(self) -> None:
        """End the children; one that is judging a photo finishes it first."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
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

    def _judge_guarded(self, data: bytes) -> Judged:
        """Ask a child. Raises Refused where it fails, and lets no child that failed judge again."""
        child = self._take()
        reusable = False
        try:
            judged = msgspec.msgpack.decode(child.ask(data, self._seconds), type=Judged)
            reusable = judged.reason != "TOO_MUCH_MEMORY"
        except TimeoutError:
            raise Refused("DECODER_TIMEOUT", seconds=self._seconds) from None
        except ChildDied as died:
            reason = _REASONS.get(died.status, "DECODER_CRASHED")
            raise Refused(reason, detail=str(died), seconds=self._seconds) from died
        except msgspec.DecodeError as error:
            raise Refused("DECODER_CRASHED", detail="answered something else than a verdict") from error
        finally:
            self._put_back(child) if reusable else self._end(child)
        return judged

    def _warm(self) -> None:
        # Whoever judges next starts a child too, and is told if that fails.
        with self._turns, contextlib.suppress(GuardUnavailableError, RuntimeError):
            self._put_back(self._take())

    def _take(self) -> Child:
        """A living child that nobody else uses: one that is warm, else a new one."""
        while True:
            with self._lock:
                if self._closed:
                    raise RuntimeError("the guard is closed")
                child = self._idle.pop() if self._idle else None
            if child is None:
                return self._start()
            if child.alive:
                return child
            self._end(child)

    def _start(self) -> Child:
        try:
            child = Child(self._terms)
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

    def _put_back(self, child: Child) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(child)
                return
        self._end(child)

    def _end(self, child: Child) -> None:
        child.end()
        with self._lock:
            self._children.discard(child)
