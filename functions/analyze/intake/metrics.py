"""What is measured of a photo at a fixed scale: sharpness and exposure do not compare between scales."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .scale import Grey
from .sharpness import sharpness

Values = npt.NDArray[np.float64]

_TILES: Final = 16  # per side
_PERCENTILES: Final = (1, 5, 50, 95, 99)
_DARK: Final = 16
_BRIGHT: Final = 246
_UNCLIPPED: Final = (20, 235)  # grey values between which noise can go both ways
_LAPLACIAN_GAIN: Final = 20  # 4² + 4 · 1²: what the Laplacian makes of the variance of white noise

_GLARE_SIDE: Final = 256  # pixels, about
_GLARE_LEAST: Final = 0.0015  # of the picture: smaller lights are lamps and stars
_HALO_WIDTH: Final = 4  # pixels
_HALO: Final = 175  # grey value: what fades is still bright where a white thing has already ended
_COMPACT: Final = 0.55  # of its box: a spot of light is round (0.79), clouds and paper are not


def measure(grey: Grey) -> dict[str, float]:
    """The metrics of a picture's grey values (`Scales.grey`), which have been brought to the measuring scale.

    - `sharpness`, `coarseSharpness`, `isotropy`: see `sharpness.sharpness`.
    - `lap90`: the 90th percentile of the Laplacian's mean square over 8 x 8 tiles: one sharp place makes a photo sharp.
    - `noise`: the standard deviation of the noise in grey values, from the flattest of 16 x 16 tiles; 0 where half of
      them are nearly black or white and tell nothing.
    - `mean`, `deviation`, the percentiles `p1` to `p99` and `range` (p99 - p1): grey values of 0 to 255.
    - `darkShare`, `brightShare`: shares of pixels below 16 and above 245. `entropy`: in bits.
    - `glareShare`: the share of pixels in burnt out spots that light spreads around.
    """
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    metrics = {
        **sharpness(grey),
        **_detail(grey),
        **_exposure(counts / counts.sum()),
        "glareShare": _glare(grey, bright=int(counts[_BRIGHT:].sum())),
    }
    return {name: round(float(value), 3) for name, value in metrics.items()}


def _detail(grey: Grey) -> dict[str, float]:
    """How much the picture changes from pixel to pixel: where it changes most, and where it changes least."""
    laplacian = cv2.Laplacian(grey, cv2.CV_16S)[1:-1, 1:-1]
    tiles = _pooled(cv2.multiply(laplacian, laplacian, dtype=cv2.CV_32F), _TILES)
    flat = tiles[_between(_pooled(grey, _TILES), *_UNCLIPPED)]
    return {
        "lap90": float(np.percentile(_pooled(tiles, _TILES // 2), 90)),
        "noise": float(np.sqrt(np.percentile(flat, 5) / _LAPLACIAN_GAIN)) if flat.size >= tiles.size / 2 else 0.0,
    }


def _exposure(shares: Values) -> dict[str, float]:
    """What follows from how often each grey value occurs."""
    values = np.arange(256)
    mean = float(shares @ values)
    below = np.cumsum(shares)
    percentiles = {f"p{percent}": float(np.searchsorted(below, percent / 100 - 1e-9)) for percent in _PERCENTILES}
    present = shares[shares > 0]
    return {
        "mean": mean,
        "deviation": float(np.sqrt(shares @ (values - mean) ** 2)),
        **percentiles,
        "range": percentiles["p99"] - percentiles["p1"],
        "darkShare": float(shares[:_DARK].sum()),
        "brightShare": float(shares[_BRIGHT:].sum()),
        "entropy": float(-(present * np.log2(present)).sum()),
    }


def _glare(grey: Grey, *, bright: int) -> float:
    """Burnt out spots with a halo that do not reach the edge of the picture, where the sky and windows are.

    A white thing ends at its edge; the light of a lamp or of the flash, reflected, fades. `bright` is how many pixels
    are burnt out: an average is only where one of them is.
    """
    step = max(1, round(max(grey.shape) / _GLARE_SIDE))  # whole pixels: other averages take ten times as long
    size = (grey.shape[1] // step, grey.shape[0] // step)
    if bright < _GLARE_LEAST * size[0] * size[1]:
        return 0.0
    small = cv2.resize(grey[: size[1] * step, : size[0] * step], size, interpolation=cv2.INTER_AREA)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats((small >= _BRIGHT).astype(np.uint8), connectivity=8)
    share = 0.0
    for label, (left, top, width, height, area) in enumerate(boxes[1:].tolist(), start=1):
        inside = left > 0 and top > 0 and left + width < size[0] and top + height < size[1]
        compact = area >= max(_GLARE_LEAST * small.size, _COMPACT * width * height)
        if inside and compact and _halo(small, labels, label) >= _HALO:
            share += area / small.size
    return share


def _halo(small: npt.NDArray[np.generic], labels: npt.NDArray[np.generic], label: int) -> float:
    """The mean grey value around a spot, from one pixel off its edge to `_HALO_WIDTH`."""
    spot = (labels == label).astype(np.uint8)
    near = cv2.dilate(spot, np.ones((3, 3), np.uint8))
    around = cv2.dilate(spot, np.ones((2 * _HALO_WIDTH + 1, 2 * _HALO_WIDTH + 1), np.uint8))
    ring = np.asarray(small)[(around > near)]
    return float(ring.mean()) if ring.size else 0.0


def _pooled(values: cv2.typing.MatLike, side: int) -> npt.NDArray[np.float32]:
    """The mean of each of `side` x `side` tiles of whole pixels; rows and columns that are left over are left out."""
    height, width = (edge // side * side for edge in values.shape[:2])
    tiles = cv2.resize(values[:height, :width], (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(tiles, dtype=np.float32)


def _between(values: npt.NDArray[np.float32], low: float, high: float) -> npt.NDArray[np.bool_]:
    return np.asarray((values > low) & (values < high))
