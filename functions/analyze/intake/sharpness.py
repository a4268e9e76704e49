"""Whether a photo is sharp anywhere, by how its detail goes on from coarse to fine in the direction in which that is
worst.

Natural pictures look alike at every scale: of two octaves, the finer has about 0.6 times the gradient energy of the
coarser. A lens out of focus takes the fine detail in all directions, a moving camera in that of its movement alone,
while the Laplacian, and everything else that adds up the directions, still sees the other one. So the energies are
those of directional derivatives, which follow for any angle from the three sums of the structure tensor (Bigün and
Granlund, Optimal Orientation Detection of Linear Symmetry, ICCV 1987), and the worst ratio counts.

Noise looks like fine detail. White noise loses three quarters of its energy with each halving of the picture; the
whole energy of the finest level is taken for noise, and what would be left of it is subtracted from the others. That
takes little from a picture which has detail at all levels, and everything from one which has none but noise.
"""

from __future__ import annotations

import itertools
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .scale import Grey

Energies = npt.NDArray[np.float64]

_LEVELS: Final = 4  # the picture and three halvings of it
_SMALLEST: Final = 8  # pixels: a side is not halved below
_TILES: Final = 4  # per side; a window is half as wide and high as the picture
_ANGLES: Final = np.deg2rad(np.arange(0, 180, 15))
_WEIGHTS: Final = np.stack([np.cos(_ANGLES) ** 2, 2 * np.cos(_ANGLES) * np.sin(_ANGLES), np.sin(_ANGLES) ** 2])
_QUANTUM: Final = 0.5  # squared grey values: less gradient energy than rounding makes is none


def sharpness(grey: Grey) -> dict[str, float]:
    """How sharp a picture is, 8-bit grey, where it is sharpest: the best of nine overlapping windows counts.

    - `sharpness`: the energy of the second octave over that of the third, in the worst direction. About 0.6 for
      photos as they are, 0.24 for what is smooth over four pixels; 0 where noise is all that there is.
    - `coarseSharpness`: the same one octave further down, for blur that leaves nothing.
    - `isotropy`: the second octave over the fourth, the worst direction over the best, 0 to 1, of the whole picture:
      little where the blur has a direction, as when the camera moved.
    """
    octaves = _octaves(grey)
    second, third, fourth = _without_noise([_windows(energies) for energies in octaves])
    whole = _without_noise([energies.mean(axis=(0, 1)) for energies in octaves])
    wide = whole[0] / (whole[2] + _QUANTUM)
    return {
        "sharpness": float((second / (third + _QUANTUM)).min(axis=-1).max()),
        "coarseSharpness": float((third / (fourth + _QUANTUM)).min(axis=-1).max()),
        "isotropy": float(wide.min() / wide.max()) if wide.max() > 0 else 1.0,
    }


def _without_noise(octaves: list[Energies]) -> list[Energies]:
    """The second to the last octave, less what would be left in them of noise of the first one's energy."""
    finest, *others = octaves
    return [np.maximum(energies - finest / 4**level, 0.0) for level, energies in enumerate(others, start=1)]


def _octaves(grey: Grey) -> list[Energies]:
    """Of the picture and of its halvings: tiles down, tiles across, mean energy of the derivative in each direction."""
    found = []
    for level in range(_LEVELS):
        if level:
            height, width = (max(_SMALLEST, side // 2) for side in grey.shape)
            grey = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        rows, columns = (np.linspace(0, side - 1, _TILES + 1).astype(int).tolist() for side in grey.shape)
        tensors = [
            [_tensor(grey[top : bottom + 1, left : right + 1]) for left, right in itertools.pairwise(columns)]
            for top, bottom in itertools.pairwise(rows)
        ]
        found.append(np.asarray(tensors) @ _WEIGHTS)
    return found


def _tensor(tile: Grey) -> npt.NDArray[np.float64]:
    """The mean structure tensor: the squares and the product of the differences across and down."""
    values = tile.astype(np.float32)
    corner = values[:-1, :-1]
    across = cv2.subtract(values[:-1, 1:], corner).ravel()
    down = cv2.subtract(values[1:, :-1], corner).ravel()
    return np.array([across @ across, across @ down, down @ down], dtype=np.float64) / across.size


def _windows(tiles: Energies) -> Energies:
    """The mean energies in every window of half as many tiles."""
    half = _TILES // 2
    places = range(_TILES - half + 1)
    windows = [tiles[top : top + half, left : left + half].mean(axis=(0, 1)) for top in places for left in places]
    return np.asarray(windows)
