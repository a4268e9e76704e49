"""A photo as the network is given it: what the pipeline does with it, step by step the same."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE: Final = 96  # pixels: the network's input is a square
PIXELS_SIDE: Final = 640  # the long edge that the pipeline hands to models
MEAN: Final = (0.62, 0.48, 0.41)
STD: Final = (0.21, 0.21, 0.21)
Square = npt.NDArray[np.uint8]  # SIDE x SIDE x 3


def squared(photo: Image.Image) -> Square:
    """The middle of a photo, SIDE pixels wide and high, RGB."""
    picture = photo.convert("RGB")
    if max(picture.size) > PIXELS_SIDE:
        scale = PIXELS_SIDE / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0))


def tensors(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """N x SIDE x SIDE x 3 bytes to N x 3 x SIDE x SIDE numbers around zero."""
    mean, std = (np.array(of, dtype=np.float32) for of in (MEAN, STD))
    return np.ascontiguousarray(((squares.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2))
