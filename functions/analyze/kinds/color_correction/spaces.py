"""Colour spaces: sRGB as it is coded, linear sRGB, CIE XYZ and CIE L*a*b*.

Arrays have the colours' three numbers in the last axis, and any other axes before it. XYZ is relative: Y of the perfect
white is 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# White points for the CIE 1931 2° observer. D50 is the ICC profile connection space (ICC.1:2022, 6.3.4.3); D65 is
# x = 0.3127, y = 0.3290 as IEC 61966-2-1 names it, A is CIE 15:2018.
WHITES: Final[dict[str, Floats]] = {
    "D50": np.array([0.9642, 1.0, 0.8249]),
    "D65": np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290]),
    "A": np.array([1.09850, 1.0, 0.35585]),
}
SRGB_PRIMARIES: Final = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # x, y of red, green, blue (IEC 61966-2-1)

_EPSILON: Final = 216 / 24389  # (6/29)³, CIE 15:2018, 8.2.1.1
_KAPPA: Final = 24389 / 27  # (29/3)³


def srgb_to_linear(coded: ArrayLike) -> Floats:
    """Decode sRGB (0 to 1) to linear light (0 to 1). Source: IEC 61966-2-1:1999, 5.2."""
    value = np.asarray(coded, dtype=np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0.04045) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: ArrayLike) -> Floats:
    """Code linear light as sRGB; what is outside 0 to 1 is clipped. Source: IEC 61966-2-1:1999, 5.2."""
    value = np.clip(np.asarray(linear, dtype=np.float64), 0.0, 1.0)
    coded = np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 0.0031308) ** (1 / 2.4) - 0.055)
    return np.asarray(np.minimum(coded, 1.0), dtype=np.float64)


def rgb_to_xyz_matrix(primaries: ArrayLike, white: ArrayLike) -> Floats:
    """The 3x3 matrix from linear RGB to XYZ for primaries (x, y of each) and a white (XYZ). Source: SMPTE RP 177."""
    xy = np.asarray(primaries, dtype=np.float64)
    columns = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy[:, 0] - xy[:, 1]) / xy[:, 1]])
    scale = np.linalg.solve(columns, np.asarray(white, dtype=np.float64))
    return np.asarray(columns * scale, dtype=np.float64)


SRGB_TO_XYZ: Final = rgb_to_xyz_matrix(SRGB_PRIMARIES, WHITES["D65"])
XYZ_TO_SRGB: Final = np.linalg.inv(SRGB_TO_XYZ)


def xyz_to_lab(xyz: ArrayLike, white: ArrayLike) -> Floats:
    """XYZ (0 to 1) to L* (0 to 100), a*, b* (about -128 to 127) under `white`. Source: CIE 15:2018, 8.2.1.

    Negative XYZ, which lie outside of what can be seen, follow the straight line at the origin.
    """
    ratio = np.asarray(xyz, dtype=np.float64) / np.asarray(white, dtype=np.float64)
    root = np.where(ratio > _EPSILON, np.cbrt(ratio), (_KAPPA * ratio + 16) / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_to_xyz(lab: ArrayLike, white: ArrayLike) -> Floats:
    """The inverse of `xyz_to_lab`. Source: CIE 15:2018, 8.2.1."""
    value = np.asarray(lab, dtype=np.float64)
    y = (value[..., 0] + 16) / 116
    root = np.stack([y + value[..., 1] / 500, y, y - value[..., 2] / 200], axis=-1)
    ratio = np.where(root**3 > _EPSILON, root**3, (116 * root - 16) / _KAPPA)
    return np.asarray(ratio * np.asarray(white, dtype=np.float64), dtype=np.float64)
