"""What is measured of a photo at a fixed scale: sharpness and exposure do not compare between scales."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .scale import Grey

Values = npt.NDArray[np.float64]
Bounds = npt.NDArray[np.int_]

_TILES: Final = 8  # per side
_PERCENTILES: Final = (1, 5, 50, 95, 99)
_DARK: Final = 16
_BRIGHT: Final = 246


def measure(grey: Grey) -> dict[str, float]:
    """The metrics of a picture's grey values (`Scales.grey`), which have been brought to the measuring scale.

    `lap90` is the 90th percentile of the Laplacian's variance over 8 x 8 tiles: one sharp place makes a photo sharp.
    `mean`, `deviation`, the percentiles `p1` to `p99` and `range` (p99 - p1) are grey values of 0 to 255;
    `darkShare` and `brightShare` are shares of pixels below 16 and above 245; `entropy` is in bits.
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    metrics = {"lap90": _lap90(grey.astype(np.int16)), **_exposure(counts / counts.sum())}
    return {name: round(value, 3) for name, value in metrics.items()}


def _lap90(grey: npt.NDArray[np.int16]) -> float:
    laplacian = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    height, width = laplacian.shape
    rows, columns = (np.arange(_TILES + 1) * side // _TILES for side in (height, width))
    counts = np.outer(np.diff(rows), np.diff(columns))
    values = laplacian.astype(np.float64)
    means, squares = (_sums(of, rows, columns) / counts for of in (values, values * values))
    return float(np.percentile(squares - means * means, 90))


def _sums(values: Values, rows: Bounds, columns: Bounds) -> Values:
    """The sum of each tile."""
    stripes = np.add.reduceat(values, rows[:-1], axis=0)
    return np.add.reduceat(stripes, columns[:-1], axis=1)


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
