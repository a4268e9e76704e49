"""The intake: CPU time and memory for a photo, beside the least there can be, sharp, and the Firebase extension.

All programs run at the same time and do a photo in turns, so that what else the machine does hits all of them. Figures
are the smallest CPU time of all rounds; they are to be compared with one another, not with those of another machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from localcloud.supervisor import background
from localcloud.supervisor.order import Order
from localcloud.supervisor.plan import ROOT
from localcloud.supervisor.ports import free_ports
from loupe.client import photos, uploads, watching
from loupe.client.phone import Phone, signed_in
from loupe.client.uploads import Wanted
from tools.bench.photographs import Photograph, rendered
from tools.bench.report import Row, median, publish

CACHE: Final = ROOT / ".loupe" / "bench"
PROGRAMS: Final = Path(__file__).parent / "programs"
SHARP: Final = "sharp@0.35.5"
OWN: Final = ("floor", "core", "guarded")
CAREFUL: Final = {
    "apart": "each picture from the file",
    "branches": "two branches of one pipeline",
    "pixels": "the thumbnail from the large picture's pixels",
    "chained": "the thumbnail from the large picture's file",
}
EXTENSION: Final = {"extension": "2 pictures", "extensionAll": "2 sizes in 2 types, 4 pictures"}
ROUNDS: Final = {"12 MP": 14, "48 MP": 7}
WARM_UP: Final = 2
JOBS: Final = 15
# As the guard starts its children: one thread, and memory kept from one photo to the next.
ENVIRONMENT: Final = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"),
    "MALLOC_ARENA_MAX": "2",
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(32 * 2**20)),
    "PYTHONPATH": str(ROOT),
}
Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def run() -> None:
    """Measure everything, and publish it as `intake`."""
    CACHE.mkdir(parents=True, exist_ok=True)
    sharp = _sharp(CACHE / "sharp")
    taken = rendered(CACHE)
    rows = [row for photograph in taken for row in _compared(photograph, sharp)]
    publish("intake", [*rows, *_around(taken[0])])


def _sharp(folder: Path) -> Path | None:
    """The folder with sharp in it, installed once; None where there is no npm."""
    if not shutil.which("npm") or not shutil.which("node"):
        print("npm and node are not installed: sharp and the extension's chain are not compared.", file=sys.stderr)
        return None
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--save-exact", SHARP]
    subprocess.run(install, cwd=folder, check=True)
    return folder


def _compared(photograph: Photograph, sharp: Path | None) -> Iterator[Row]:
    commands = {name: [sys.executable, str(PROGRAMS / "intake.py"), name, str(photograph.path)] for name in OWN}
    if sharp:
        for name in (*CAREFUL, *EXTENSION):
            commands[name] = ["node", str(PROGRAMS / "sharp.mjs"), str(sharp), name, str(photograph.path)]
    found = _in_turns(commands, ROUNDS[photograph.title])
    cpu = {name: min(one["cpu"] for one in rounds) for name, rounds in found.items()}
    title = photograph.title
    size = f"{photograph.width} x {photograph.height}, {photograph.path.stat().st_size / 1e6:.1f} MB"
    peak = found["guarded"][-1]["peak"]
    yield _row(f"{title}, floor", cpu["floor"], f"one scaled decode, two encodes; {size}")
    yield _row(f"{title}, intake in process", cpu["core"], "everything that is made of a photo")
    yield _ratio(f"{title}, intake in process to the floor", cpu["core"], cpu["floor"], goal=1.15)
    yield _row(f"{title}, guard over in process", cpu["guarded"] - cpu["core"], "warm; CPU of both processes", goal=5.0)
    yield Row(name=f"{title}, peak memory of the child", value=peak, unit="MB", goal=100.0, note="with all libraries")
    if sharp:
        yield from _beside_sharp(title, found, cpu, extension=0.30 if title == "12 MP" else None)


def _beside_sharp(title: str, found: Rounds, cpu: Mapping[str, float], *, extension: float | None) -> Iterator[Row]:
    for name, how in CAREFUL.items():
        yield _row(f"{title}, sharp, {name}", cpu[name], f"{how}; peak {found[name][-1]['peak']:.0f} MB")
    best = min(CAREFUL, key=lambda name: cpu[name])
    yield _ratio(f"{title}, intake to the best sharp ({best})", cpu["guarded"], cpu[best], goal=0.45)
    for name, how in EXTENSION.items():
        yield _row(f"{title}, storage-resize-images", cpu[name], f"{how}; peak {found[name][-1]['peak']:.0f} MB")
        yield _ratio(f"{title}, intake to the extension", cpu["guarded"], cpu[name], goal=extension, note=how)


def _row(name: str, value: float, note: str, goal: float | None = None) -> Row:
    return Row(name=name, value=value, unit="ms", goal=goal, note=note)


def _ratio(name: str, value: float, to: float, *, goal: float | None, note: str = "") -> Row:
    return Row(name=name, value=value / to, unit="x", goal=goal, note=note)


def _in_turns(commands: Mapping[str, list[str]], rounds: int) -> dict[str, list[dict[str, float]]]:
    """What every program says of every round but those that warm it up."""
    with contextlib.ExitStack() as stack:
        programs = {name: stack.enter_context(_program(command)) for name, command in commands.items()}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
        for number in range(WARM_UP + rounds):
            for name, program in programs.items():
                said = _turn(program)
                if number >= WARM_UP:
                    found[name].append(said)
        return found


@contextlib.contextmanager
def _program(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **ENVIRONMENT}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout
        print("measuring", " ".join(command[1:3]), process.stdout.readline().strip(), file=sys.stderr)
        yield process
        assert process.stdin
        process.stdin.close()


def _turn(program: subprocess.Popen[str]) -> dict[str, Any]:
    assert program.stdin
    assert program.stdout
    program.stdin.write("\n")
    program.stdin.flush()
    said: dict[str, Any] = json.loads(program.stdout.readline())
    return said


def _around(photograph: Photograph) -> Iterator[Row]:
    """What a job costs beside the intake: the answer of upload, the event, Firestore and storage, the news of it."""
    wanted = Wanted(kind="inspection", photos=tuple(photos.find([photograph.path])), options={"text": False})
    limits = {"upload": {"QUOTA_BURST": "10000", "QUOTA_PER_HOUR": "100000"}}
    with tempfile.TemporaryDirectory(prefix="loupe-bench-") as folder:
        order = Order(data=folder, ports=free_ports(), overrides=limits)
        with background.temporary(order, note=print) as running, signed_in(running) as phone:
            _job(phone, wanted)  # the first one loads what is loaded lazily
            steps = [_job(phone, wanted) for _ in range(JOBS)]
    for name, values in zip(STEPS, zip(*steps, strict=True), strict=True):
        yield median(name, values, "ms")


STEPS: Final = (
    "a job: upload's answer",
    "a job: from the PUT's answer to the claim",
    "a job: from the claim to the result, with the intake",
    "a job: from the result to the listener",
)


def _job(phone: Phone, wanted: Wanted) -> tuple[float, ...]:
    """Milliseconds of each of STEPS; times of different processes are of one clock, the machine's."""
    asked = time.time()
    job_id, places = uploads.create(phone, wanted)
    answered = time.time()
    with watching.Watch(watching.database(phone.running), phone, job_id) as watch:
        uploads.send(phone, job_id, places, wanted.photos)
        sent = time.time()
        *_, last = watch.until_final(60.0)
        told = time.time()
    if last.state != "COMPLETED" or last.start_time is None or last.complete_time is None:
        raise RuntimeError(f"the job {job_id} ended as {last.state}: {last.error}")
    claimed, completed = last.start_time.timestamp(), last.complete_time.timestamp()
    steps = (answered - asked, claimed - sent, completed - claimed, told - completed)
    return tuple(1000 * step for step in steps)
