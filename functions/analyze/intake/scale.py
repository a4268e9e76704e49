"""Pictures as arrays, and the same pictures smaller and upright.

A `Raster` is height x width x 3 bytes: red, green, blue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Raster = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.uint8]

_ROWS: Final = 128  # a strip of so many rows stays in the cache while it is flipped and laid down
_CLOSE: Final = 0.98  # a side that is so near to the wanted one is as good


class Scales:
    """One picture at ever smaller scales, each made once: halved as often as that helps, then brought to size."""

    def __init__(self, raster: Raster) -> None:
        """The picture itself is the first scale."""
        self._halves = [raster]

    def at(self, side: int) -> Raster:
        """The picture with its long edge at most `side`, and never larger than it is."""
        return _linear(self._near(side, 1.0), side)

    def grey(self, side: int) -> Grey:
        """Its luma (ITU-R BT.601) with a long edge of `side`, a fiftieth less at the most; never enlarged.

        Always by averages over areas, so that what is measured does not depend on the size of the photo.
        """
        grey = np.asarray(cv2.cvtColor(self._near(side, _CLOSE), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        if max(grey.shape) <= side:
            return grey
        return np.asarray(cv2.resize(grey, _fitting(grey, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _near(self, side: int, share: float) -> Raster:
        """The smallest half of halves that still has `share` of `side`."""
        for level in range(16):
            half = self._half(level)
            if max(half.shape[:2]) // 2 < side * share or min(half.shape[:2]) < 2:
                break
        return half

    def _half(self, level: int) -> Raster:
        if level == len(self._halves):
            self._halves.append(_halved(self._halves[-1]))
        return self._halves[level]


def area(raster: Raster, side: int) -> Raster:
    """The picture with its long edge at most `side`, each pixel the average of the area it stands for."""
    if max(raster.shape[:2]) <= side:
        return raster
    return np.asarray(cv2.resize(raster, _fitting(raster, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def upright(raster: Raster, orientation: int | None) -> Raster:
    """The picture as it is meant to be seen, by its EXIF orientation (1 to 8)."""
    turn = _TURNS.get(orientation or 1)
    return raster if turn is None else turn(raster)


def _linear(raster: Raster, side: int) -> Raster:
    if max(raster.shape[:2]) <= side:
        return raster
    return np.asarray(cv2.resize(raster, _fitting(raster, side), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _halved(raster: Raster) -> Raster:
    """Half as wide and high, by averages of four. An odd last row or column is left out."""
    height, width = raster.shape[0] // 2, raster.shape[1] // 2
    even = raster[: height * 2, : width * 2]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _fitting(raster: Raster, side: int) -> tuple[int, int]:
    height, width = raster.shape[:2]
    scale = side / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _flipped(axis: int) -> Callable[[Raster], Raster]:
    return lambda raster: np.asarray(cv2.flip(raster, axis), dtype=np.uint8)


def _laid(*, reverse_rows: bool, reverse_columns: bool) -> Callable[[Raster], Raster]:
    """Rows become columns, in strips, so that the picture is read and written once."""

    def lay(raster: Raster) -> Raster:
        height, width, channels = raster.shape
        laid = np.empty((width, height, channels), np.uint8)
        for top in range(0, height, _ROWS):
            strip: cv2.typing.MatLike = raster[top : top + _ROWS]
            place = slice(top, top + len(strip))
            if reverse_rows:
                place = slice(height - top - len(strip), height - top)
            if reverse_rows or reverse_columns:
                strip = cv2.flip(strip, -1 if reverse_rows and reverse_columns else 0 if reverse_rows else 1)
            cv2.transpose(strip, laid[:, place])
        return laid

    return lay


_TURNS: Final[Mapping[int, Callable[[Raster], Raster]]] = {
    2: _flipped(1),
    3: _flipped(-1),
    4: _flipped(0),
    5: _laid(reverse_rows=False, reverse_columns=False),
    6: _laid(reverse_rows=True, reverse_columns=False),
    7: _laid(reverse_rows=True, reverse_columns=True),
    8: _laid(reverse_rows=False, reverse_columns=True),
}
