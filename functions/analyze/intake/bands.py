"""A decoded picture of any mode and size to a small one in a plain mode, a band of rows at a time.

Only the decoder holds the whole picture: every conversion, which would hold it again and larger, sees one band.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PIL import Image

_BAND: Final = 2**20  # pixels, about


def small_and_plain(image: Image.Image, side: int) -> Image.Image:
    """L, RGB or CMYK, opaque, with a long edge of at most `side`; what showed through is white, as on paper."""
    factor = max(1, math.floor(max(image.size) / side))
    small = _reduced(image, factor)
    scale = side / max(small.size)
    if scale >= 1:
        return small
    size = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
    return small.resize(size, Image.Resampling.BICUBIC)


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """The picture in a plain mode, each of its pixels the average of `factor` x `factor`."""
    rows = max(1, _BAND // (image.width * factor)) * factor
    image.load()
    whole: Image.Image | None = None
    for top in range(0, image.height, rows):
        part = image.crop((0, top, image.width, min(top + rows, image.height)))
        band = _opaque(_plain(part, image).reduce(factor))
        if whole is None:
            whole = Image.new(band.mode, (band.width, math.ceil(image.height / factor)))
        whole.paste(band, (0, top // factor))
    assert whole is not None  # noqa: S101 - a picture has rows
    return whole


def _plain(part: Image.Image, image: Image.Image) -> Image.Image:
    """A part of the picture in a mode that can be scaled: L, RGB, RGBA or CMYK."""
    if part.mode.startswith("I;16"):  # Pillow's own conversion clips instead of scaling
        return Image.fromarray((np.asarray(part) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return part if part.mode == "RGBA" else part.convert("RGBA")
    if part.mode == "1":
        return part.convert("L")
    return part if part.mode in {"L", "RGB", "CMYK"} else part.convert("RGB")


def _opaque(band: Image.Image) -> Image.Image:
    if band.mode != "RGBA":
        return band
    paper = Image.new("RGB", band.size, "white")
    paper.paste(band, mask=band.getchannel("A"))
    return paper
