"""Rows 4 to 6 and 15: workers and decoders that die, hang, wake up too late, or are asked to stop."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Final

import psutil

from tools.chaos_real.invariants import FINAL
from tools.chaos_real.scene import Scene
from tools.chaos_real.setting import POINTS

UNDER_WAY: Final = 32  # jobs that a row with killings has at once
BATCH: Final = 6
TAKEN_OVER: Final = 25.0  # seconds: ack deadline, lease and the allowance for clocks, on a busy machine
LONGEST: Final = 600.0  # seconds that a row goes on asking for the last of its faults
GRACE: Final = 10.0  # seconds between SIGTERM and SIGKILL, as Cloud Run has it
DECODER: Final = "intake"  # what the command line of a decoder names


def killed_at_points(scene: Scene, runs: int) -> None:
    """Workers kill themselves (SIGKILL) at every named step, until each step has had its share."""
    each = max(1, runs // len(POINTS))
    jobs: list[str] = []
    deadline = time.monotonic() + LONGEST

    def missing() -> int:
        return sum(max(0, each - scene.cloud.hits(point)) for point in POINTS)

    while missing() and time.monotonic() < deadline:
        jobs += scene.crowd(BATCH)
        scene.fewer_open_than(UNDER_WAY, jobs)
    scene.runs = scene.hits = each * len(POINTS) - missing()
    scene.check(missing() == 0, "I1", f"{missing()} of the kills were never come by")


def zombies(scene: Scene, runs: int) -> None:
    """Workers are stopped (SIGSTOP) in the middle of many jobs, and go on (SIGCONT) when others have them."""
    deadline = time.monotonic() + LONGEST
    while scene.runs < runs and time.monotonic() < deadline:
        scene.runs += _freeze(scene, scene.crowd(UNDER_WAY))
        scene.hits += 1


def asked_to_stop(scene: Scene, runs: int) -> None:
    """Workers, and every fifth time the whole function, get SIGTERM in the middle, and SIGKILL ten seconds later."""
    for number in range(runs):
        jobs = scene.crowd(BATCH)
        scene.fewer_open_than(BATCH, jobs)
        workers = scene.cloud.workers()
        with contextlib.suppress(psutil.NoSuchProcess, StopIteration):
            _stop(scene.cloud.master() if number % 5 == 4 or not workers else scene.rng.choice(workers))
    scene.runs = scene.hits = runs


def decoders(scene: Scene, runs: int) -> None:
    """Decoders are killed or stopped while they judge photos; only those photos may suffer."""
    jobs: list[str] = []
    deadline = time.monotonic() + LONGEST
    while scene.hits < runs and time.monotonic() < deadline:
        jobs += scene.crowd(BATCH)
        child = _busy_decoder(scene)
        if child is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(signal.SIGSTOP if scene.hits % 5 == 4 else signal.SIGKILL)
                scene.hits += 1
    scene.final(jobs)
    scene.runs = scene.hits
    failed = [job for job in jobs if scene.state(job) == "FAILED"]
    scene.check(len(failed) <= scene.hits, "I8", f"{scene.hits} decoders were hit, and {len(failed)} jobs FAILED")
    scene.check(bool(scene.cloud.workers()), "I8", "no worker is left")


@contextlib.contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """The process does nothing inside the block."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


def _freeze(scene: Scene, jobs: Sequence[str]) -> int:
    """Stop a worker until others have all its jobs, or half of them; how many jobs were taken over."""
    scene.watch.until(lambda: sum(scene.state(job) == "PROCESSING" for job in jobs) >= BATCH, 10)
    early = scene.rng.random() < 0.5
    with stopped(scene.rng.choice(scene.cloud.workers())):
        held = [job for job in jobs if scene.state(job) == "PROCESSING"]

        def taken() -> bool:
            over = [job for job in held if _attempt(scene, job) > 1 or scene.state(job) in FINAL]
            return len(over) >= (len(held) // 2 if early else len(held))

        scene.watch.until(taken, TAKEN_OVER)
    scene.final(jobs)
    return sum(_attempt(scene, job) > 1 for job in jobs)


def _stop(process: psutil.Process) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except psutil.TimeoutExpired:
        process.kill()


def _busy_decoder(scene: Scene) -> psutil.Process | None:
    """A child of a worker that judges a photo right now."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        for worker in scene.cloud.workers():
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in worker.children():
                    if any(DECODER in part for part in child.cmdline()) and child.status() == psutil.STATUS_RUNNING:
                        return child
    return None


def _attempt(scene: Scene, job_id: str) -> int:
    job = scene.watch.latest(job_id)
    return int(job["attempt"]) if job else 0
