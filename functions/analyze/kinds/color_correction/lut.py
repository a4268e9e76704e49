"""The correction as files for other programs: a 3D LUT, and the numbers that a DNG camera profile holds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .adaptation import adaptation_matrix
from .apply import whitened
from .model import applied, tone
from .order import Correction
from .profile import Profile
from .spaces import SRGB_TO_XYZ, WHITES, Floats, linear_to_srgb

SIZE: Final = 33  # points to a side, the usual number
SENSED: Final = 9  # points of the tone curve that is written down


def cube(correction: Correction, profile: Profile, *, title: str, size: int = SIZE) -> str:
    """The correction as a 3D LUT: coded values of the photo's file to coded sRGB.

    Source: Adobe (2013), Cube LUT Specification, version 1.0; red changes fastest.
    """
    at = np.linspace(0, 1, size)
    curves = np.stack([np.interp(at, np.linspace(0, 1, curve.size), curve) for curve in profile.curves], axis=-1)
    blue, green, red = np.meshgrid(*(np.arange(size),) * 3, indexing="ij")
    linear = np.stack([curves[red, 0], curves[green, 1], curves[blue, 2]], axis=-1).reshape(-1, 3)
    least = (np.minimum(np.minimum(red, green), blue) / (size - 1)).ravel()
    shown = linear_to_srgb(whitened(applied(correction, linear), least))
    printable = "".join(letter for letter in title if letter.isascii() and letter.isprintable() and letter != '"')
    head = f'TITLE "{printable}"\nLUT_3D_SIZE {size}\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n'
    return head + "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in shown.tolist()) + "\n"


def camera_matrices(correction: Correction) -> dict[str, Any]:
    """The correction in the terms of a DNG camera profile, for whoever makes one for the same camera and light.

    `forwardMatrix` takes white-balanced linear camera colours to XYZ under D50, `colorMatrix` XYZ to linear camera
    colours, `asShotNeutral` is a neutral as the camera sees it. `toneCurve` is what comes before: points of each
    channel from linear light as it was coded to the light that the matrices take. Root terms and offset have no place
    in a DNG profile; `exact` says whether there are none.
    Source: Adobe (2023), Digital Negative Specification, version 1.7.1, chapter 6, Mapping Camera Color Space to XYZ.
    """
    matrix = np.reshape(correction.matrix, (3, 3))
    to_d50 = adaptation_matrix(WHITES["D65"], WHITES["D50"]) @ SRGB_TO_XYZ @ matrix
    neutral = np.linalg.solve(matrix, np.ones(3))
    neutral = neutral / neutral.max()
    light = np.linspace(0, 1, SENSED) ** 2.2
    curve = tone(np.repeat(light[:, None], 3, axis=1), *_curve(correction), correction.floor)
    plain = not (np.any(correction.roots) or np.any(correction.offset))
    return {
        "calibrationIlluminant": "the light of the photo",
        "forwardMatrix": _rounded(_normalised(to_d50 * neutral)),
        "colorMatrix": _rounded(np.linalg.inv(SRGB_TO_XYZ @ matrix)),
        "asShotNeutral": _rounded(neutral),
        "toneCurve": {"light": _rounded(light), "channels": _rounded(curve.T)},
        "exact": plain,
    }


def _curve(correction: Correction) -> tuple[Floats, Floats]:
    return np.array(correction.exponent), np.array(correction.bend)


def _normalised(forward: Floats) -> Floats:
    """The specification wants the rows to add up to the white of D50."""
    return np.asarray(forward * (WHITES["D50"] / forward.sum(axis=1))[:, None], dtype=np.float64)


def _rounded(values: Floats) -> Any:
    return np.round(values, 6).tolist()
