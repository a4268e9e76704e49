"""What a chart's patches look like in a photo: mean colour in linear light, spread, and how much of them is clipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from .detect import CENTRES, Place
from .spaces import Floats

SHARE: Final = 0.5  # of a cell's side that is measured, in its middle: a classic patch has 0.82 of it
TRIMMED: Final = 0.1  # of the pixels that are left out at both ends: dust, glare, letters
CLIPPED: Final = 0.99  # as coded: at or above it the camera has cut it off
FEWEST: Final = 4  # pixels
ENOUGH: Final = 96  # pixels to a side that are looked at; of a larger patch, every so many-th row and column


class Patches(msgspec.Struct, frozen=True, kw_only=True):
    """24 patches. `linear` is 24 x 3, 0 to 1; `spread` the standard deviation of the coded values, 0 to 1; `clipped`
    and `outside` the share of a patch's pixels that are clipped, or lie outside of the photo, 0 to 1.
    """

    linear: Floats
    spread: Floats
    clipped: Floats
    outside: Floats

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which patches can be fitted: inside the photo and not clipped."""
        return np.asarray((self.clipped < 0.05) & (self.outside < 0.05))


def measure(
    place: Place,
    size: tuple[int, int],
    read: Callable[[slice, slice], tuple[Floats, Floats]],
) -> Patches:
    """Measure the patches of a chart.

    `size` is the photo's height and width; `read` gives a part of it (rows, columns) as linear light and as it was
    coded, each height x width x 3, 0 to 1.
    """
    linear, spread = np.zeros((24, 3)), np.zeros(24)
    clipped, outside = np.zeros(24), np.ones(24)
    half = SHARE / 2
    square = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    for number, centre in enumerate(CENTRES):
        outline = place.points(centre + square)
        found = _pixels(outline, size, read)
        outside[number] = found[0]
        if found[1] is not None and found[2] is not None:
            linear[number] = _trimmed_mean(found[1])
            spread[number] = _trimmed_spread(found[2])
            clipped[number] = float((found[2] >= CLIPPED).any(axis=1).mean())
    return Patches(linear=linear, spread=spread, clipped=clipped, outside=outside)


def _pixels(
    outline: Floats, size: tuple[int, int], read: Callable[[slice, slice], tuple[Floats, Floats]]
) -> tuple[float, Floats | None, Floats | None]:
    """The share outside of the photo, and the pixels (n x 3) inside the outline, linear and as coded."""
    area = float(cv2.contourArea(outline.astype(np.float32)))
    left, top = (int(value) for value in np.floor(outline.min(axis=0)))
    right, bottom = (int(value) + 1 for value in np.ceil(outline.max(axis=0)))
    rows, columns = slice(max(0, top), min(size[0], bottom)), slice(max(0, left), min(size[1], right))
    if area < FEWEST or rows.start >= rows.stop or columns.start >= columns.stop:
        return 1.0, None, None
    step = max(1, max(rows.stop - rows.start, columns.stop - columns.start) // ENOUGH)
    linear, coded = read(slice(rows.start, rows.stop, step), slice(columns.start, columns.stop, step))
    mask = np.zeros(linear.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round((outline - (columns.start, rows.start)) / step).astype(np.int32), 1)
    inside = mask.astype(bool)
    count = int(inside.sum())
    if count < FEWEST:
        return 1.0, None, None
    outside = float(np.clip(1 - count * step**2 / area, 0, 1)) if _crosses(outline, size) else 0.0
    return outside, linear[inside], coded[inside]


def _crosses(outline: Floats, size: tuple[int, int]) -> bool:
    height, width = size
    low, high = outline.min(axis=0), outline.max(axis=0)
    return bool(low[0] < 0 or low[1] < 0 or high[0] > width - 1 or high[1] > height - 1)


def _trimmed_mean(pixels: Floats) -> Floats:
    ordered = np.sort(pixels, axis=0)
    cut = int(len(ordered) * TRIMMED)
    return np.asarray(ordered[cut : len(ordered) - cut].mean(axis=0), dtype=np.float64)


def _trimmed_spread(pixels: Floats) -> float:
    ordered = np.sort(pixels.mean(axis=1))
    cut = int(len(ordered) * TRIMMED)
    return float(np.std(ordered[cut : len(ordered) - cut]))
