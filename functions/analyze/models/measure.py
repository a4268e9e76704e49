"""`python -m functions.analyze.models.measure FOLDER NAME/VERSION PHOTO`: what a model costs, as one JSON object.

CPU milliseconds on one thread, medians of runs in turns, so that whatever else the machine does meets all of them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from shared.model.quality import default_policy

from ..intake.judge import judge_photo
from . import names
from .inference import Inference
from .library import FolderLibrary
from .preprocess import tensor
from .registry import require
from .session import Session

ROUNDS: Final = 15
PHOTOS: Final = 3


def main(arguments: Sequence[str]) -> int:
    """Print the figures and return the exit code."""
    folder, model, photo = arguments
    meant = names.parse(model)
    library = FolderLibrary(Path(folder))
    manifest = require(library, meant.name, meant.version)
    plain, prepared = (library.verified(manifest, prepared=which) for which in (False, True))
    data = Path(photo).read_bytes()
    figures = _medians(_measured(plain, prepared, manifest, data))
    sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
    return 0


def _measured(plain: bytes, prepared: bytes, manifest: Any, photo: bytes) -> Mapping[str, Callable[[], Any]]:
    policy = default_policy()
    judged = judge_photo(photo, policy=policy)
    assert judged.pixels is not None  # noqa: S101 - a photo that is accepted has pixels
    pixels = judged.pixels
    first, settled = Session(prepared, manifest, prepared=True, threads=1), Session(plain, manifest, threads=1)
    batch = np.stack([tensor(pixels, manifest.input)] * (settled.batch or 1))

    def job() -> None:
        shown = [judge_photo(photo, policy=policy).pixels for _ in range(PHOTOS)]
        Inference(settled, manifest).classify([one for one in shown if one is not None])

    def floor() -> None:
        for _ in range(PHOTOS):
            judge_photo(photo, policy=policy)
            settled.run(batch)

    return {
        "loadPlain": lambda: Session(plain, manifest, threads=1),
        "loadPrepared": lambda: Session(prepared, manifest, prepared=True, threads=1),
        "runPrepared": lambda: first.run(batch),
        "run": lambda: settled.run(batch),
        "preprocess": lambda: tensor(pixels, manifest.input),
        "job": job,
        "floor": floor,
    }


def _medians(measured: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, run in measured.items():
            began = time.process_time()
            run()
            taken[name].append(1000 * (time.process_time() - began))
    return {name: round(statistics.median(times[1:]), 3) for name, times in taken.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
