"""A perceptual hash: pictures that look alike have hashes that differ in few of their 64 bits.

The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), as the package
imagehash computes its `phash` too: 32 x 32 grey values, their cosine transform, and of its 8 x 8 lowest frequencies,
row by row, whether each is above the median of them all.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from .scale import Grey

SIDE: Final = 128  # pixels at the long edge of what is hashed; more would be averaged away
_SQUARE: Final = (32, 32)
_LOWEST: Final = 8


def perceptual_hash(grey: Grey) -> str:
    """The hash of a picture's grey values: 64 bits as 16 hexadecimal digits."""
    square = cv2.resize(grey, _SQUARE, interpolation=cv2.INTER_AREA).astype(np.float64)
    lowest = cv2.dct(square)[:_LOWEST, :_LOWEST]
    return np.packbits(lowest > np.median(lowest)).tobytes().hex()
