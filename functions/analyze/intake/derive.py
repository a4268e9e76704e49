"""The pictures made of a photo: a normalised copy to analyse and show, a thumbnail for lists, and raw pixels."""

from __future__ import annotations

import io

import simplejpeg
from PIL import Image

from shared.model.quality import Derived

from .scale import Scales
from .screen import JPEG, WEBP
from .verdict import Picture, Pixels


def normalized(scales: Scales, derived: Derived) -> Picture:
    """A JPEG of at most `normalized_bytes`: the best quality that fits, then fewer pixels where none does."""
    side = derived.normalized_side
    while True:
        raster = scales.at(side)
        for quality in derived.normalized_qualities:
            data = simplejpeg.encode_jpeg(raster, quality, "RGB", "420")
            if len(data) <= derived.normalized_bytes:
                return Picture(type=JPEG, width=raster.shape[1], height=raster.shape[0], data=data)
        side = max(raster.shape[:2]) * 3 // 4


def thumbnail(scales: Scales, derived: Derived) -> Picture:
    """A small WebP picture."""
    small = scales.at(derived.thumbnail_side)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "WEBP", quality=derived.thumbnail_quality, method=2)
    return Picture(type=WEBP, width=small.shape[1], height=small.shape[0], data=buffer.getvalue())


def pixels(scales: Scales, derived: Derived) -> Pixels:
    """The raw picture that models are given, long edge at most `pixels_side`."""
    small = scales.at(derived.pixels_side)
    return Pixels(width=small.shape[1], height=small.shape[0], rgb=small.tobytes())
