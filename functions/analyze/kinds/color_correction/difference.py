"""Colour differences of L*a*b* pairs. Arrays broadcast; the three numbers of a colour are in the last axis."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .spaces import Floats

CHUNK: Final = 8192  # pairs worked on at once: what they need stays in the processor's cache
_25_POW_7: Final = 25.0**7
_TURN: Final = 2 * np.pi
_HALF: Final = np.pi + 1e-9  # hues that lie just opposite are not to be taken for more than half a turn apart


def delta_e_76(one: ArrayLike, other: ArrayLike) -> Floats:
    """CIE 1976: the straight distance in L*a*b*, 0 and up. Source: CIE 15:2018, 8.2.1.2."""
    between = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return np.asarray(np.sqrt((between**2).sum(axis=-1)), dtype=np.float64)


def delta_e_94(reference: ArrayLike, sample: ArrayLike, *, textiles: bool = False) -> Floats:
    """CIE 1994, 0 and up; not symmetric: the weights are those of `reference`. Source: CIE 116-1995.

    Graphic arts: kL = 1, K1 = 0.045, K2 = 0.015; textiles: kL = 2, K1 = 0.048, K2 = 0.014.
    """
    k_l, k_1, k_2 = (2.0, 0.048, 0.014) if textiles else (1.0, 0.045, 0.015)
    first, second = np.asarray(reference, dtype=np.float64), np.asarray(sample, dtype=np.float64)
    chroma = np.hypot(first[..., 1], first[..., 2])
    d_l = first[..., 0] - second[..., 0]
    d_c = chroma - np.hypot(second[..., 1], second[..., 2])
    d_a, d_b = first[..., 1] - second[..., 1], first[..., 2] - second[..., 2]
    d_h_squared = np.maximum(d_a**2 + d_b**2 - d_c**2, 0.0)
    s_c, s_h = 1 + k_1 * chroma, 1 + k_2 * chroma
    return np.asarray(np.sqrt((d_l / k_l) ** 2 + (d_c / s_c) ** 2 + d_h_squared / s_h**2), dtype=np.float64)


def delta_e_2000(one: ArrayLike, other: ArrayLike) -> Floats:
    """CIEDE2000 with kL = kC = kH = 1, 0 and up, symmetric.

    Source: CIE 142-2001; Sharma, Wu, Dalal (2005), The CIEDE2000 Color-Difference Formula: Implementation Notes,
    Supplementary Test Data, and Mathematical Observations, Color Res. Appl. 30(1), 21-30.
    """
    first, second = np.broadcast_arrays(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64))
    shape = first.shape[:-1]
    left, right = first.reshape(-1, 3), second.reshape(-1, 3)
    found = np.empty(len(left))
    for start in range(0, len(left), CHUNK):
        some = slice(start, start + CHUNK)
        lightness, chroma, hue = _parts(left[some], right[some])
        found[some] = np.sqrt(lightness * lightness + chroma * chroma + hue * hue)
    return found.reshape(shape)


def components_2000(one: ArrayLike, other: ArrayLike) -> Floats:
    """CIEDE2000 as a vector (last axis, 3) whose length is the difference: what a least-squares fit makes small.

    With x, y, z the weighted differences of lightness, chroma and hue, the formula's x² + y² + z² + R y z is
    x² + (y + R z / 2)² + (1 - R² / 4) z².
    """
    first, second = np.broadcast_arrays(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64))
    parts = _parts(first.reshape(-1, 3), second.reshape(-1, 3))
    return np.stack(parts, axis=-1).reshape(first.shape)


def _parts(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    l_1, a_1, b_1 = one.T
    l_2, a_2, b_2 = other.T
    mean_c7 = (0.5 * (np.hypot(a_1, b_1) + np.hypot(a_2, b_2))) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + _25_POW_7))
    a_1, a_2 = a_1 * stretch, a_2 * stretch
    c_1, c_2 = np.hypot(a_1, b_1), np.hypot(a_2, b_2)
    h_1, h_2 = np.arctan2(b_1, a_1) % _TURN, np.arctan2(b_2, a_2) % _TURN
    grey = (c_1 == 0) | (c_2 == 0)
    turn = h_2 - h_1
    turn = np.where(turn > _HALF, turn - _TURN, np.where(turn < -_HALF, turn + _TURN, turn))
    # The mean hue is half the way from the first one, whichever way is shorter; of a grey it is the other's.
    hue = np.where(grey, h_1 + h_2, h_1 + 0.5 * turn)
    l_mean, c_mean = 0.5 * (l_1 + l_2), 0.5 * (c_1 + c_2)
    cosine, sine = np.cos(hue), np.sin(hue)
    d_h = 2 * np.sqrt(c_1 * c_2) * np.sin(0.5 * np.where(grey, 0.0, turn))
    away = (l_mean - 50) ** 2
    s_l = 1 + 0.015 * away / np.sqrt(20 + away)
    s_c = 1 + 0.045 * c_mean
    s_h = 1 + 0.015 * c_mean * _hue_weight(cosine, sine)
    degrees = np.degrees(hue) % 360
    bend = np.radians(60) * np.exp(-(((degrees - 275) / 25) ** 2))
    mean_c7 = c_mean**7
    rotation = -2 * np.sqrt(mean_c7 / (mean_c7 + _25_POW_7)) * np.sin(bend)
    x, y, z = (l_2 - l_1) / s_l, (c_2 - c_1) / s_c, d_h / s_h
    return x, y + 0.5 * rotation * z, z * np.sqrt(1 - 0.25 * rotation * rotation)


def _hue_weight(cosine: Floats, sine: Floats) -> Floats:
    """T = 1 - 0.17 cos(h - 30°) + 0.24 cos 2h + 0.32 cos(3h + 6°) - 0.20 cos(4h - 63°), by the angle-sum formulas."""
    cos_2, sin_2 = cosine * cosine - sine * sine, 2 * sine * cosine
    cos_3, sin_3 = cos_2 * cosine - sin_2 * sine, sin_2 * cosine + cos_2 * sine
    cos_4, sin_4 = cos_2 * cos_2 - sin_2 * sin_2, 2 * sin_2 * cos_2
    return np.asarray(
        1
        - 0.17 * (cosine * np.cos(np.pi / 6) + sine * np.sin(np.pi / 6))
        + 0.24 * cos_2
        + 0.32 * (cos_3 * np.cos(np.radians(6)) - sin_3 * np.sin(np.radians(6)))
        - 0.20 * (cos_4 * np.cos(np.radians(63)) + sin_4 * np.sin(np.radians(63))),
        dtype=np.float64,
    )
