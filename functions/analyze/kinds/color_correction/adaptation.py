"""Chromatic adaptation: which XYZ looks under one white as another XYZ does under another white."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from .spaces import Floats

Method = Literal["bradford", "cat16"]

# XYZ to the cone-like responses in which the whites are scaled.
RESPONSES: Final[Mapping[Method, Floats]] = {
    # Lam (1985), the linear form that the ICC uses: ICC.1:2022, annex E.
    "bradford": np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]),
    # Li et al. (2017), Comprehensive color solutions: CAM16, CAT16, and CAM16-UCS, Color Res. Appl. 42(6), 703-718.
    "cat16": np.array(
        [[0.401288, 0.650173, -0.051461], [-0.250268, 1.204414, 0.045854], [-0.002079, 0.048952, 0.953127]]
    ),
}


def adaptation_matrix(source: ArrayLike, target: ArrayLike, method: Method = "bradford") -> Floats:
    """The 3x3 matrix that takes XYZ under the white `source` to XYZ under the white `target`, adapted in full."""
    responses = RESPONSES[method]
    before = responses @ np.asarray(source, dtype=np.float64)
    after = responses @ np.asarray(target, dtype=np.float64)
    return np.asarray(np.linalg.solve(responses, (after / before)[:, None] * responses), dtype=np.float64)


def adapt(xyz: ArrayLike, source: ArrayLike, target: ArrayLike, method: Method = "bradford") -> Floats:
    """XYZ (last axis) under the white `source` as XYZ under the white `target`."""
    return np.asarray(np.asarray(xyz, dtype=np.float64) @ adaptation_matrix(source, target, method).T, dtype=np.float64)
