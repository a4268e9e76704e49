"""Any colour space to sRGB."""

from __future__ import annotations

import functools
import io
from typing import Final

import numpy as np
from PIL import Image, ImageCms

from .scale import Raster

_LARGEST_PROFILE: Final = 4 * 2**20  # bytes; press profiles have about 2 MB
_SAME: Final = 1  # a transform that moves no colour by more than this is not worth its time


def srgb(image: Image.Image, profile: bytes | None) -> Raster:
    """The picture in sRGB. `image` is L, RGB or CMYK; a profile that does not fit it or is broken is not used."""
    transform = _transform(profile, image.mode) if profile and len(profile) <= _LARGEST_PROFILE else None
    return np.asarray(transform.apply(image) if transform else image.convert("RGB"))


@functools.lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; None where the profile cannot be used, or changes nothing."""
    try:
        transform = ImageCms.ImageCmsTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if mode == "RGB" and _changes_nothing(transform) else transform
    except (OSError, TypeError, ValueError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a lattice of colours comes out as it went in, as for the many names of sRGB."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(transform.apply(Image.fromarray(lattice))).astype(np.int16) - lattice
    return int(np.abs(moved).max()) <= _SAME
