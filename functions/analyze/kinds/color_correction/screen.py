"""Whether a chart is shown on a screen: photographed pixels leave a regular pattern (moiré) that paint does not have.

The same wave is then in all patches, so their power spectra are added up: noise evens out, and the wave stands out.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .detect import CENTRES, Place
from .spaces import Floats

SIDES: Final = (64, 48, 32, 16)  # samples to a side that are looked at in each patch: the most that fit
SHARE: Final = 0.6  # of a cell's side
SLOWEST: Final = 3  # waves to a side; slower ones are shades
PEAK: Final = 50.0  # times the median of the spectrum; photos of real charts have 5 to 23
JPEG_BLOCK: Final = 8


def shows_pattern(picture: NDArray[np.uint8], place: Place) -> bool:
    """Whether the patches have one wave in common. `picture` is BGR, the place in its pixels."""
    room = place.patch_side() * SHARE
    side = next((side for side in SIDES if side <= room), None)
    if side is None:
        return False
    return wave_strength(picture, place, side) > PEAK


def wave_strength(picture: NDArray[np.uint8], place: Place, side: int) -> float:
    """The strongest wave that the patches have in common, in times the median of their mean power spectrum."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float64)
    spectra = [power for centre in CENTRES if (power := _spectrum(grey, place, centre, side)) is not None]
    if len(spectra) < len(CENTRES) // 2:
        return 0.0
    common = np.mean(spectra, axis=0)[_looked_at(side)]
    return float(common.max() / max(float(np.median(common)), 1e-12))


def _spectrum(grey: NDArray[np.float64], place: Place, centre: Floats, side: int) -> Floats | None:
    """The power spectrum of a patch's middle, one to one: scaling would make patterns of its own."""
    x, y = (round(float(value)) - side // 2 for value in place.points(centre[None])[0])
    patch = grey[max(0, y) : y + side, max(0, x) : x + side]
    if patch.shape != (side, side):
        return None
    across = np.linspace(-1, 1, side)
    plane = np.stack([np.ones((side, side)), np.tile(across, (side, 1)), np.tile(across[:, None], (1, side))])
    level = plane.reshape(3, -1)
    weights, *_ = np.linalg.lstsq(level.T, patch.ravel(), rcond=None)
    window = np.hanning(side)
    power = np.abs(np.fft.rfft2((patch - (weights @ level).reshape(side, side)) * np.outer(window, window))) ** 2
    return np.asarray(power / max(float(power.sum()), 1e-12), dtype=np.float64)


def _looked_at(side: int) -> NDArray[np.bool_]:
    """The waves that a screen could leave: neither shades nor the borders of JPEG's blocks."""
    down = np.abs(np.fft.fftfreq(side, 1 / side))[:, None]
    across = np.fft.rfftfreq(side, 1 / side)[None]
    step = side / JPEG_BLOCK
    blocky = ((down % step < 1) | (down % step > step - 1)) & ((across % step < 1) | (across % step > step - 1))
    return np.asarray((np.hypot(down, across) >= SLOWEST) & ~blocky, dtype=np.bool_)
