"""Models: loading, preparing pictures, a job of three photos; of a network of MobileNetV2's shape, also in INT8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from localcloud.supervisor.plan import ROOT
from loupe.client.registry import Place, ask
from tools.bench.mobilenet import Network
from tools.bench.report import Row, publish
from tools.samples import render

TWELVE_MEGAPIXELS: Final = "warning-sign.jpg"
LABELS: Final = 7
PICTURES: Final = 16


def run() -> None:
    """Measure, and publish it as `models`."""
    with tempfile.TemporaryDirectory(prefix="loupe-bench-") as folder:
        publish("models", list(_rows(Path(folder))))


def _rows(folder: Path) -> Iterator[Row]:
    photo = next(sample.path for sample in render(folder / "samples") if sample.path.name == TWELVE_MEGAPIXELS)
    place = Place(data=folder, folder=folder / "models")
    (folder / "mobilenet.onnx").write_bytes(Network().mobilenet(labels=LABELS))
    said = {
        "name": "mobilenet",
        "task": "classify",
        "labels": [f"label{number}" for number in range(LABELS)],
        "sample": True,
        "licence": "Apache-2.0",
        "trainingData": "none: its weights are random",
    }
    ask(place, "add", {"path": str(folder / "mobilenet.onnx"), "said": said})
    ask(place, "quantize", {"model": "mobilenet/1", "pictures": str(_pictures(folder / "pictures"))})
    plain, small = (_figures(folder, f"mobilenet/{version}", photo) for version in (1, 2))
    yield from _of("MobileNetV2", plain)
    yield Row(
        name="MobileNetV2 in INT8: run / run", value=small["run"] / plain["run"], unit="x", note=_ms(small, "run")
    )
    yield from _of("MobileNetV2 in INT8", small, goals=False)


def _of(name: str, found: Mapping[str, float], *, goals: bool = True) -> Iterator[Row]:
    def row(what: str, one: str, other: str, goal: float) -> Row:
        note = f"{_ms(found, one)} / {_ms(found, other)}"
        value = found[one] / found[other]
        return Row(name=f"{name}: {what}", value=value, unit="x", goal=goal if goals else None, note=note)

    yield row("load prepared / load as it is", "loadPrepared", "loadPlain", 0.4)
    yield row("preprocess / run", "preprocess", "run", 1.0)
    yield row("job of 3 photos / 3 x (decode + run)", "job", "floor", 1.15)
    yield Row(name=f"{name}: run", value=found["run"], unit="ms", note=f"{_ms(found, 'runPrepared')} until it settles")


def _figures(folder: Path, model: str, photo: Path) -> dict[str, float]:
    command = [sys.executable, "-P", "-m", "functions.analyze.models.measure"]
    command += [str(folder / "models"), model, str(photo)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _pictures(folder: Path) -> Path:
    """Something to calibrate on: the network is random, and so may its pictures be."""
    folder.mkdir()
    dice = np.random.default_rng(0)
    for number in range(PICTURES):
        coarse: Any = dice.integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(coarse).resize((640, 480), Image.Resampling.NEAREST).save(folder / f"{number:02d}.png")
    return folder


def _ms(found: Mapping[str, float], name: str) -> str:
    return f"{found[name]:.1f} ms"
