"""From hostile bytes to pixels of a bounded size. Runs in the engine's process."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 1280  # what the engines see; text smaller than some 10 pixels at this size is not read
SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"RIFF", "WEBP"),
)
# What Pillow's decoders raise on broken files.
BROKEN: Final = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, EOFError, MemoryError,
    RuntimeError, struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


class BadImage(Exception):
    """The bytes are no image that is read here."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An upright RGB image of at most MAX_SIDE pixels, and the size of the one that it was made from."""

    image: Image.Image
    width: int
    height: int


def decode(content: bytes) -> Picture:
    """The first frame of a JPEG, PNG, WebP, GIF or BMP of at most MAX_PIXELS. Raises BadImage."""
    kind = next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)
    if kind is None:
        raise BadImage("unknown signature")
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
            return _decoded(opened)
    except BROKEN as error:
        raise BadImage(f"{kind}: {error}") from error


def _decoded(opened: Image.Image) -> Picture:
    width, height = opened.size
    if width * height > MAX_PIXELS:
        raise BadImage(f"{width} x {height} pixels are too many")
    opened.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a large JPEG is decoded at half or quarter size
    image = ImageOps.exif_transpose(opened)
    if (image.width < image.height) != (opened.width < opened.height):
        width, height = height, width
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return Picture(image=_opaque(image), width=width, height=height)


def _opaque(image: Image.Image) -> Image.Image:
    """In RGB; what is transparent lies on white."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 256).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("RGB")
