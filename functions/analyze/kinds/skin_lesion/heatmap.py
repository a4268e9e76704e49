"""Where the answer depends on the picture: one place after another is covered, and the model is asked again.

Occlusion needs no gradients and works with any model (Zeiler and Fergus 2014, Visualizing and Understanding
Convolutional Networks). It shows what moved the answer, which is not the same as where something is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from ...intake.verdict import Pixels
from ..port import Drawn

CELLS: Final = 8  # along the shorter side
ASKED_SIDE: Final = 224  # pixels of the longer side of what the model is asked with
FAINTEST: Final = 0.05  # a fall by less than this is not made to look like the strongest
STRONGEST: Final = 0.6  # how much of the colour covers the picture at most
COLOUR: Final = (255, 120, 0)
QUALITY: Final = 85  # JPEG

Falls = npt.NDArray[np.float64]  # rows x columns, -1 to 1
Classify = Callable[[Sequence[Pixels]], Sequence[Sequence[float]]]


def falls(pixels: Pixels, classify: Classify, label: int) -> Falls:
    """By how much the probability of label number `label` falls where a place, two cells wide, is covered.

    The cover has the picture's mean colour. One cell is an eighth of the shorter side.
    """
    small = _small(pixels)
    picture = np.asarray(small)
    height, width = picture.shape[:2]
    cell = max(1.0, min(height, width) / CELLS)
    rows, columns = max(1, round(height / cell)), max(1, round(width / cell))
    mean = picture.mean(axis=(0, 1)).astype(np.uint8)
    covered = [
        _covered(picture, (row + 0.5) * height / rows, (column + 0.5) * width / columns, cell, mean)
        for row in range(rows)
        for column in range(columns)
    ]
    answers = classify([_pixels(picture), *covered])
    whole, *without = (float(answer[label]) for answer in answers)
    return whole - np.array(without, dtype=np.float64).reshape(rows, columns)


def drawn(pixels: Pixels, found: Falls) -> Drawn:
    """The picture with colour laid over the places whose covering made the probability fall, as JPEG."""
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    strength = np.clip(found, 0, None) / max(FAINTEST, float(found.max()))
    mask = Image.fromarray((strength * STRONGEST * 255).astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    picture.paste(COLOUR, (0, 0), mask)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return Drawn(content_type="image/jpeg", data=buffer.getvalue(), width=picture.width, height=picture.height)


def _small(pixels: Pixels) -> Image.Image:
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    picture.thumbnail((ASKED_SIDE, ASKED_SIDE))
    return picture


def _covered(picture: npt.NDArray[np.uint8], y: float, x: float, reach: float, mean: npt.NDArray[np.uint8]) -> Pixels:
    copy = picture.copy()
    copy[max(0, round(y - reach)) : round(y + reach), max(0, round(x - reach)) : round(x + reach)] = mean
    return _pixels(copy)


def _pixels(picture: npt.NDArray[np.uint8]) -> Pixels:
    return Pixels(width=picture.shape[1], height=picture.shape[0], rgb=picture.tobytes())
