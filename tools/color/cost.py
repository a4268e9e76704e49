"""What a correction costs: CPU seconds and memory of a whole 12-megapixel job, and CIEDE2000 by the million."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from tools.color.loaded import part
from tools.color.scenes import Camera, chart_picture, jpeg, photographed, scene

ROOT: Final = Path(__file__).parents[2]
PAIRS: Final = 1_000_000
SIZE: Final = (4000, 3000)
ONE_CORE: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def table() -> Iterator[str]:
    """The table of costs, each measured in a process of its own on one core."""
    job = _in_a_process()
    yield "| what | measured |"
    yield "|---|---|"
    yield f"| 12-megapixel job, whole: decode, find, fit, correct, encode, report | {job['cpu']:.2f} s of CPU |"
    yield f"| its peak memory, with Python and all libraries | {job['peak']:.0f} MB |"
    yield f"| CIEDE2000 | {pairs_per_second() / 1e6:.1f} million pairs per second |"


def pairs_per_second() -> float:
    """CIEDE2000 of a million random pairs, by CPU time."""
    generator = np.random.default_rng(0)
    one = np.stack([generator.uniform(0, 100, PAIRS), *generator.uniform(-90, 90, (2, PAIRS))], axis=-1)
    other = one + generator.normal(0, 5, one.shape)
    begun = time.process_time()
    part("difference").delta_e_2000(one, other)
    return PAIRS / (time.process_time() - begun)


def measured(photo: bytes) -> dict[str, Any]:
    """One job in this process: the second of two, as a warm child does it."""
    cv2.setNumThreads(1)
    order, task = part("order"), part("task")
    for _ in range(2):
        begun = time.process_time()
        answer = task.correct(order.Order(photo=photo))
        seconds = time.process_time() - begun
    assert answer.refused is None
    return {"cpu": seconds, "peak": peak_megabytes()}


def peak_megabytes() -> float:
    """The most memory that this process has had; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return float(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def large_photo() -> bytes:
    """A photo of twelve megapixels with a chart in it."""
    references, spaces = part("references"), part("spaces")
    patches = references.reference_xyz("classic_after_2014") @ spaces.XYZ_TO_SRGB.T
    return jpeg(photographed(scene(chart_picture(patches), SIZE), Camera(light=(1.0, 0.8, 0.6), vignetting=0.2)))


def _in_a_process() -> dict[str, Any]:
    environment = {**os.environ, **ONE_CORE, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tools.color.cost"]
    done = subprocess.run(
        command, env=environment, input=large_photo(), stdout=subprocess.PIPE, check=True, timeout=300, cwd=ROOT
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(measured(sys.stdin.buffer.read())))
