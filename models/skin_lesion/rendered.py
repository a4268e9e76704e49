"""A set of rendered pictures, made once and kept in a file."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from models.skin_lesion.examples import LABELS, NO_LESION, Examples
from models.skin_lesion.look.elsewhere import elsewhere
from models.skin_lesion.look.photo import TONES, Scene, encoded, photo
from models.skin_lesion.pictures import Square, squared

PIXELS: Final = 192  # of a rendered picture, before it becomes the network's square
VIEWS: Final = 2  # photos of a lesion
AMBIGUOUS: Final = 0.35  # share of the lesions that look a little like another class
OTHERS: Final = 0.5  # pictures of no lesion for every picture of one
EDITION: Final = 2  # of the renderer: a kept set of another edition is made anew


def scenes(lesions: int, seed: int) -> list[Scene]:
    """Every view of so many lesions of each label."""
    rng = np.random.default_rng(seed)
    made = []
    for number, label in enumerate(LABELS):
        for index in range(lesions):
            second = LABELS[(number + 1 + int(rng.integers(len(LABELS) - 1))) % len(LABELS)]
            ambiguous = rng.random() < AMBIGUOUS
            scene = Scene(
                lesion=seed * 1_000_000 + number * 100_000 + index,
                view=0,
                look=label,
                tone=int(rng.integers(len(TONES))),
                second=second if ambiguous else "",
                share=float(rng.uniform(0.1, 0.48)) if ambiguous else 0.0,
            )
            made += [scene.again(view) for view in range(VIEWS)]
    return made


def rendered(lesions: int, seed: int, folder: Path, processes: int = 2) -> Examples:
    """`lesions` of each label, seen VIEWS times, and pictures of no lesion; read from `folder` if they are there."""
    file = folder / f"rendered-{EDITION}-{lesions}-{seed}.npz"
    if not file.exists():
        _keep(_rendered(lesions, seed, processes), file)
    with np.load(file) as kept:
        return Examples(squares=kept["squares"], labels=kept["labels"], lesions=kept["lesions"], tones=kept["tones"])


def no_lesions(count: int, seed: int, processes: int = 2) -> Examples:
    """Rendered pictures of anything but a lesion."""
    seeds = [seed * 1_000_000 + 900_000 + index for index in range(count)]
    with ProcessPoolExecutor(processes) as pool:
        squares = list(pool.map(_other, seeds, chunksize=32))
    return Examples(
        squares=np.stack(squares),
        labels=np.full(count, NO_LESION, dtype=np.int64),
        lesions=np.array([f"other-{each}" for each in seeds]),
        tones=np.full(count, -1, dtype=np.int64),
    )


def _rendered(lesions: int, seed: int, processes: int) -> Examples:
    shown = scenes(lesions, seed)
    with ProcessPoolExecutor(processes) as pool:
        squares = list(pool.map(_square, shown, chunksize=32))
    photographed = Examples(
        squares=np.stack(squares),
        labels=np.array([LABELS.index(scene.look) for scene in shown], dtype=np.int64),
        lesions=np.array([str(scene.lesion) for scene in shown]),
        tones=np.array([scene.tone for scene in shown], dtype=np.int64),
    )
    return photographed.joined(no_lesions(max(3, round(OTHERS * len(shown))), seed, processes))


def _square(scene: Scene) -> Square:
    return _photographed(photo(scene, PIXELS, PIXELS))


def _other(seed: int) -> Square:
    return _photographed(elsewhere(seed, PIXELS, PIXELS))


def _photographed(picture: Image.Image) -> Square:
    """As JPEG and back, as a phone sends it."""
    with Image.open(io.BytesIO(encoded(picture))) as opened:
        return squared(opened)


def _keep(examples: Examples, file: Path) -> None:
    """Written under another name first: a set that was half written when somebody pressed Ctrl-C is never read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(
        unfinished,
        squares=examples.squares,
        labels=examples.labels,
        lesions=examples.lesions,
        tones=examples.tones,
    )
    unfinished.replace(file)


def write_layout(folder: Path, lesions: int, seed: int, side: int = PIXELS) -> Sequence[Path]:
    """Rendered pictures in the layout of HAM10000 (see `ham10000`): for trying the training on a folder."""
    lines, files = ["lesion_id,image_id,dx,dx_type,age,sex,localization"], []
    images = folder / "HAM10000_images_part_1"
    images.mkdir(parents=True, exist_ok=True)
    for scene in scenes(lesions, seed):
        name = f"SYN_{scene.lesion:09d}_{scene.view}"
        lines.append(f"SYN_{scene.lesion:09d},{name},{scene.look},rendered,,,")
        file = images / f"{name}.jpg"
        file.write_bytes(encoded(photo(scene, side, side)))
        files.append(file)
    (folder / "HAM10000_metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files
