"""The local stack: starting it, creating jobs, a 12-megapixel photo from finalize to COMPLETED, memory, set-up."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from localcloud.supervisor import background, memory
from localcloud.supervisor.order import Order
from localcloud.supervisor.ports import free_ports
from localcloud.supervisor.state import Running
from loupe.client import photos, uploads, watching
from loupe.client.phone import Phone, signed_in
from loupe.client.uploads import Wanted
from tools.bench.report import Row, median, publish
from tools.samples import render

STARTS: Final = 5
POSTS: Final = 100
PHOTOS: Final = 9
MIB: Final = 1024 * 1024
TWELVE_MEGAPIXELS: Final = "warning-sign.jpg"


def run() -> None:
    """Measure everything, and publish it as `stack`."""
    with tempfile.TemporaryDirectory(prefix="loupe-bench-") as folder:
        publish("stack", list(_rows(Path(folder))))


def _rows(folder: Path) -> Iterator[Row]:
    yield median("`loupe up` ready", [_start(folder / "start") for _ in range(STARTS)], "s", goal=3.0)
    photo = next(sample.path for sample in render(folder / "samples") if sample.path.name == TWELVE_MEGAPIXELS)
    with background.temporary(_order(folder / "work"), note=print) as running, signed_in(running) as phone:
        yield _memory("memory of the stack, idle", running)
        plain, reading = _wanted(photo, text=False), _wanted(photo, text=True)
        yield median("POST /v1/jobs", [_post(phone, plain) for _ in range(POSTS)], "ms", goal=30.0)
        _job(phone, plain)  # the first one loads what is loaded lazily
        without = [_job(phone, plain) for _ in range(PHOTOS)]
        yield median("12 MP, finalize to COMPLETED, without text", without, "s", goal=1.5)
        yield _memory("memory of the stack without the text engine", running, goal=350.0)
        _job(phone, reading)
        yield median(
            "12 MP, finalize to COMPLETED, with text", [_job(phone, reading) for _ in range(PHOTOS)], "s", goal=3.0
        )
        yield _memory("memory of the stack with the text engine", running, goal=900.0)
    yield median("`make setup` with nothing changed", [_setup() for _ in range(STARTS)], "s", goal=5.0)


def _start(data: Path) -> float:
    began = time.perf_counter()
    with background.temporary(_order(data), note=print):
        return time.perf_counter() - began


def _order(data: Path) -> Order:
    limits = {"upload": {"QUOTA_BURST": "10000", "QUOTA_PER_HOUR": "100000"}}
    return Order(data=str(data), ports=free_ports(), overrides=limits)


def _wanted(path: Path, *, text: bool) -> Wanted:
    return Wanted(kind="inspection", photos=tuple(photos.find([path])), options={"text": text})


def _post(phone: Phone, wanted: Wanted) -> float:
    began = time.perf_counter()
    uploads.create(phone, wanted)
    return (time.perf_counter() - began) * 1000


def _job(phone: Phone, wanted: Wanted) -> float:
    """Seconds from the storage's answer to the PUT to the listener's news that the job is COMPLETED."""
    job_id, places = uploads.create(phone, wanted)
    with watching.Watch(watching.database(phone.running), phone, job_id) as watch:
        uploads.send(phone, job_id, places, wanted.photos)
        began = time.perf_counter()
        *_, last = watch.until_final(60.0)
        if last.state != "COMPLETED":
            raise RuntimeError(f"the job {job_id} ended as {last.state}: {last.error}")
        return time.perf_counter() - began


def _memory(name: str, running: Running, *, goal: float | None = None) -> Row:
    shared_once, resident = memory.total(running)
    note = f"PSS of all processes; RSS {resident / MIB:.0f}"
    return Row(name=name, value=shared_once / MIB, unit="MiB", goal=goal, note=note)


def _setup() -> float:
    began = time.perf_counter()
    subprocess.run(["make", "setup"], check=True, capture_output=True)  # noqa: S607 - make is what a user calls
    return time.perf_counter() - began
