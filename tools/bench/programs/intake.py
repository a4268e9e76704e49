"""`python intake.py core|guarded|floor PHOTO`: what the intake does with a photo, in this process or in a child, and
the least that its pictures can cost.

For each line that comes in, it is done once, and a line of JSON says how much time that cost. The intake is asked as a
program, not imported: it belongs to the analyze function.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg
from PIL import Image

INTAKE = "functions.analyze.intake"
Spent = Callable[[], float]


def main(program: str, photo: str) -> None:
    """Answer line by line."""
    cv2.setNumThreads(1)
    act, spent, memory = {"core": core, "guarded": guarded, "floor": floor}[program](Path(photo).read_bytes())
    print(json.dumps({"versions": {"cv2": cv2.__version__, "simplejpeg": simplejpeg.__version__}}), flush=True)
    for _ in sys.stdin:
        began, before = time.perf_counter(), time.process_time() + spent()
        act()
        cpu, wall = time.process_time() + spent() - before, time.perf_counter() - began
        print(json.dumps({"cpu": cpu * 1e3, "wall": wall * 1e3, "peak": _peak(memory())}), flush=True)


def core(data: bytes) -> tuple[Callable[[], Any], Spent, Callable[[], int | str]]:
    """All of the intake in this process."""
    answer = importlib.import_module(f"{INTAKE}.judge").answer
    return lambda: answer(data), lambda: 0.0, lambda: "self"


def guarded(data: bytes) -> tuple[Callable[[], Any], Spent, Callable[[], int | str]]:
    """All of the intake as the function does it; CPU time and memory are those of the child, too."""
    guard = importlib.import_module(f"{INTAKE}.guard").Guard(children=1)
    guard.judge(data)
    (pid,) = guard.pids
    spent = Path(f"/proc/{pid}/schedstat")
    return lambda: guard.judge(data), lambda: int(spent.read_text().split()[0]) / 1e9, lambda: pid


def floor(data: bytes) -> tuple[Callable[[], Any], Spent, Callable[[], int | str]]:
    """One decode at the scale that the intake takes, and the two pictures encoded from pixels that are there."""
    height, width, *_ = simplejpeg.decode_jpeg_header(data)
    scale = next((scale for scale in (8, 4, 2) if max(height, width) / scale >= 1536), 1)
    wanted = {"min_height": -(-height // scale), "min_width": -(-width // scale)}
    upright = np.ascontiguousarray(np.rot90(simplejpeg.decode_jpeg(data, "RGB", **wanted), -1))
    small = Image.fromarray(cv2.resize(upright, (150, 200), interpolation=cv2.INTER_AREA))

    def act() -> None:
        simplejpeg.decode_jpeg(data, "RGB", **wanted)
        simplejpeg.encode_jpeg(upright, 85, "RGB", "420")
        small.save(io.BytesIO(), "WEBP", quality=75, method=2)

    return act, lambda: 0.0, lambda: "self"


def _peak(process: int | str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
