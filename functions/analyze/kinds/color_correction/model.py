"""The correction: from linear light as the camera gave it to linear sRGB as it should be.

    light   l = x exp(g · (u, v))             even light over the chart; for measuring alone, never for pictures
    tone    t = exp(b log l + c log² l)       each channel's curve, a straight line in log-log below `floor`
    colour  y = M t + R √(t_r t_g, t_g t_b, t_r t_b) + o

M is the 3x3 matrix, o an offset that takes away stray light, R the root-polynomial terms of degree 2, which like M do
not change with exposure: Finlayson, Mackiewicz, Hurlbert (2015), Color Correction Using Root-Polynomial Regression,
IEEE Trans. Image Process. 24(5), 1460-1470. All numbers are in one vector, so that a fit may free some and tie others.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .order import Correction
from .spaces import Floats

F = TypeVar("F", bound=np.floating[Any])

MATRIX: Final = slice(0, 9)
OFFSET: Final = slice(9, 12)
EXPONENT: Final = slice(12, 15)
BEND: Final = slice(15, 18)
ROOTS: Final = slice(18, 27)
LIGHT: Final = slice(27, 29)
COUNT: Final = 29
DARKEST: Final = 1e-5  # of linear light; from there a straight line to black


def neutral() -> Floats:
    """The vector of the correction that changes nothing."""
    vector = np.zeros(COUNT)
    vector[MATRIX] = np.eye(3).ravel()
    vector[EXPONENT] = 1.0
    return vector


def tone(linear: Floats, exponent: Floats, bend: Floats, floor: float) -> Floats:
    """The tone curves on `linear` (… x 3); `exponent` and `bend` broadcast against it."""
    log = np.log(np.maximum(linear, DARKEST))
    base = np.log(floor)
    curved = np.maximum(log, base)
    below = np.minimum(log - base, 0.0)
    toned = np.exp(exponent * log + bend * curved**2 + 2 * bend * base * below)
    return np.asarray(toned * np.clip(linear / DARKEST, 0.0, 1.0), dtype=np.float64)


def predict(vectors: Floats, measured: Floats, where: Floats, floor: float) -> Floats:
    """Linear sRGB (… x n x 3) of `measured` (n x 3) under each of the vectors (… x COUNT).

    `where` is each colour's place on the chart (n x 2), from -1 to 1.
    """
    evened = measured * np.exp(vectors[..., LIGHT] @ where.T)[..., None]
    toned = tone(evened, vectors[..., None, EXPONENT], vectors[..., None, BEND], floor)
    matrix = vectors[..., MATRIX].reshape(*vectors.shape[:-1], 3, 3)
    found = toned @ np.swapaxes(matrix, -1, -2) + vectors[..., None, OFFSET]
    if vectors[..., ROOTS].any():
        roots = vectors[..., ROOTS].reshape(*vectors.shape[:-1], 3, 3)
        found = found + root_terms(toned) @ np.swapaxes(roots, -1, -2)
    return np.asarray(found, dtype=np.float64)


def root_terms(toned: NDArray[F]) -> NDArray[F]:
    """√(rg), √(gb), √(rb) of the last axis."""
    root = np.sqrt(toned)
    red, green, blue = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([red * green, green * blue, red * blue], axis=-1)


def vector_of(made: Correction) -> Floats:
    """The numbers of a correction as one vector, without the light over the chart."""
    parts = (made.matrix, made.offset, made.exponent, made.bend, made.roots, (0.0, 0.0))
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def applied(made: Correction, linear: Floats) -> Floats:
    """Linear sRGB (… x 3), not clipped, of linear light as the camera gave it (… x 3)."""
    flat = linear.reshape(-1, 3)
    return predict(vector_of(made), flat, np.zeros((len(flat), 2)), made.floor).reshape(linear.shape)


def correction(method: str, vector: Floats, floor: float) -> Correction:
    """The correction that a vector stands for."""

    def triple(part: Floats) -> tuple[float, float, float]:
        return float(part[0]), float(part[1]), float(part[2])

    return Correction(
        method=method,
        matrix=tuple(vector[MATRIX].tolist()),
        offset=triple(vector[OFFSET]),
        exponent=triple(vector[EXPONENT]),
        bend=triple(vector[BEND]),
        roots=tuple(vector[ROOTS].tolist()),
        floor=floor,
    )
