"""The pictures made of a photo: a normalised copy to analyse and show, and a thumbnail for lists."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from .decode import shrink
from .policy import Derived
from .screen import JPEG, WEBP
from .verdict import Picture, Pixels


def normalized(image: Image.Image, derived: Derived) -> Picture:
    """A JPEG of at most `normalized_bytes`: the best quality that fits, then fewer pixels where none does."""
    for quality in derived.normalized_qualities:
        picture = _encoded(image, "JPEG", JPEG, quality=quality)
        if len(picture.data) <= derived.normalized_bytes:
            return picture
    return normalized(shrink(image, max(image.size) * 3 // 4), derived)


def thumbnail(image: Image.Image, derived: Derived) -> Picture:
    """A small WebP picture."""
    small = shrink(image, derived.thumbnail_side)
    return _encoded(small, "WEBP", WEBP, quality=derived.thumbnail_quality, method=2)


def pixels(image: Image.Image, derived: Derived) -> Pixels:
    """The raw picture that models are given, long edge at most `pixels_side`."""
    small = shrink(image, derived.pixels_side)
    return Pixels(width=small.width, height=small.height, rgb=small.tobytes())


def _encoded(image: Image.Image, encoder: str, media_type: str, **options: Any) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, encoder, **options)
    return Picture(type=media_type, width=image.width, height=image.height, data=buffer.getvalue())
