"""A stranger's model is tried, in a guarded child: opened, checked, shown pictures, prepared, measured.

`answer` and `shapes` are tasks of `intake.guard`: this process may die, hang or run out of memory over any model.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from .decode import BadAnswer
from .inference import Inference
from .manifest import MAX_MODEL, Manifest, Prepared
from .preprocess import tensor
from .session import MAX_THREADS, Session, declared, prepare, version
from .structure import BadModel

if TYPE_CHECKING:
    from .session import Declared

MAX_SECONDS: Final = 10.0  # of one picture: a job has 60 for everything
SAME: Final = 2e-3  # by how much the prepared graph may answer differently
ENOUGH: Final = 1.15  # fewer threads are chosen where they take no more than this times as long as more
MEASURED: Final = 2.0  # seconds that measuring may take


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that is drawn to try a model on."""

    width: int
    height: int
    rgb: bytes


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried; the prepared file is left in `folder`, which is empty."""

    manifest: Manifest
    model: bytes
    folder: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of it: why it is refused, or what is known now. Times are medians in milliseconds."""

    refused: str = ""
    prepared: Prepared | None = None
    threads: int = 1
    run: dict[str, float] = {}  # by number of threads
    load: dict[str, float] = {}  # as it is, and prepared
    note: str = ""


def answer(payload: bytes) -> bytes:
    """A Trial to a Verdict."""
    trial = msgspec.msgpack.decode(payload, type=Trial)
    try:
        verdict = _tried(trial)
    except (BadModel, BadAnswer) as refused:
        verdict = Verdict(refused=str(refused))
    return msgspec.msgpack.encode(verdict)


def shapes(payload: bytes) -> bytes:
    """A model's bytes to what it declares, or to a Verdict that refuses it."""
    found: Declared | Verdict
    try:
        found = declared(payload)
    except BadModel as refused:
        found = Verdict(refused=str(refused))
    return msgspec.msgpack.encode(found)


def pictures() -> list[Picture]:
    """A wide one with gradients, a tall one with noise, a square one of one grey: the same every time."""
    down, across = np.mgrid[0:480, 0:640]
    gradients = np.stack([across * 255 // 640, down * 255 // 480, (across + down) % 256], axis=-1)
    noise = np.random.default_rng(1).integers(0, 256, (640, 480, 3))
    grey = np.full((64, 64, 3), 128)
    return [
        Picture(width=drawn.shape[1], height=drawn.shape[0], rgb=drawn.astype(np.uint8).tobytes())
        for drawn in (gradients, noise, grey)
    ]


def ask(inference: Inference, manifest: Manifest, shown: Sequence[Any]) -> list[Any]:
    """What the model answers to each picture, as the kinds would get it."""
    if manifest.task == "classify":
        return list(inference.classify(shown))
    if manifest.task == "embed":
        return list(inference.embed(shown))
    return [inference.detect(picture) for picture in shown]


def _tried(trial: Trial) -> Verdict:
    declared(trial.model)  # loads the runtime, which is not to be measured
    manifest, shown = trial.manifest, pictures()
    plain, loading = _timed(lambda: Session(trial.model, manifest, threads=1))
    inference = Inference(plain, manifest)
    answers, seconds = _timed(lambda: ask(inference, manifest, shown))
    if seconds > MAX_SECONDS * len(shown):
        raise BadModel(f"one picture takes it {seconds / len(shown):.0f} s; {MAX_SECONDS:.0f} are possible")
    _check_decoding(plain, manifest, shown)
    load = {"plain": round(1000 * loading, 3)}
    found, note = _prepared(trial, answers, shown, load)
    best, run = _threads(trial.model, manifest, shown[0])
    return Verdict(prepared=found, threads=best, run=run, load=load, note=note)


def _prepared(
    trial: Trial, answers: list[Any], shown: Sequence[Picture], load: dict[str, float]
) -> tuple[Prepared | None, str]:
    """The prepared file, where it answers as the model does; else why there is none."""
    path = Path(trial.folder) / "prepared.onnx"
    try:
        prepare(trial.model, str(path))
        data = path.read_bytes()
        session, loading = _timed(lambda: Session(data, trial.manifest, prepared=True, threads=1))
        again = ask(Inference(session, trial.manifest), trial.manifest, shown)
    except (BadModel, BadAnswer, OSError) as error:
        return None, f"it is kept as it is: prepared, it does not run ({error})"
    if len(data) > MAX_MODEL or not _alike(answers, again):
        return None, "it is kept as it is: prepared, it is too large or answers differently"
    load["prepared"] = round(1000 * loading, 3)
    return Prepared(sha256=hashlib.sha256(data).hexdigest(), size=len(data), runtime=version()), ""


def _alike(some: list[Any], others: list[Any]) -> bool:
    one, two = (np.asarray(_numbers(answers), np.float64) for answers in (some, others))
    return one.shape == two.shape and bool(np.allclose(one, two, rtol=0, atol=SAME))


def _numbers(answers: list[Any]) -> list[float]:
    plain = msgspec.to_builtins(answers)
    flat: list[float] = []
    for one in plain:
        for item in one:
            flat += [float(number) for number in item.values()] if isinstance(item, dict) else [float(item)]
    return flat


def _check_decoding(session: Session, manifest: Manifest, shown: Sequence[Picture]) -> None:
    """Raises BadModel where a softmax is asked for that the model has done already: all its answers would be vague."""
    if manifest.output.decoding != "softmax" or len(manifest.labels) < 2:
        return
    batch = np.stack([tensor(shown[at % len(shown)], manifest.input) for at in range(session.batch or len(shown))])
    raw = np.asarray(session.run(batch), np.float64).reshape(len(batch), -1)
    if raw.min() >= 0 and np.allclose(raw.sum(axis=1), 1.0, atol=1e-3):
        raise BadModel("its answers sum to one already: its decoding is probabilities, not softmax")


def _threads(data: bytes, manifest: Manifest, picture: Picture) -> tuple[int, dict[str, float]]:
    """The fewest threads that are about as fast as any number, and the median milliseconds of a run with each."""
    numbers = [number for number in (1, 2, 4) if number <= min(MAX_THREADS, os.cpu_count() or 1)]
    sessions = {number: Session(data, manifest, threads=number) for number in numbers}
    batch = np.stack([tensor(picture, manifest.input)] * (sessions[1].batch or 1))
    taken: dict[int, list[float]] = {number: [] for number in numbers}
    deadline = time.monotonic() + MEASURED
    while len(taken[1]) < 3 or (time.monotonic() < deadline and len(taken[1]) < 30):
        for number, session in sessions.items():  # in turns: whatever else the machine does meets all of them
            taken[number].append(_timed(lambda session=session: session.run(batch))[1])  # type: ignore[misc]
    medians = {number: statistics.median(times[1:]) for number, times in taken.items()}
    best = next(number for number in numbers if medians[number] <= ENOUGH * min(medians.values()))
    return best, {str(number): round(1000 * seconds, 3) for number, seconds in medians.items()}


def _timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return do(), time.perf_counter() - began
