"""Pictures and files that the intake's tests are about, drawn and put together here."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[5]
PHOTOS = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))

HEIC = Path(__file__).with_name("heic")

needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no real photos: {PHOTOS} is missing (LOUPE_PHOTOS)")


def scene(width: int = 640, height: int = 480, *, seed: int = 0) -> Image.Image:
    """Something sharp, well lit and colourful: shaded blocks of many sizes under a little noise."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 128.0)
    for _ in range(60):
        top, left = rng.integers(0, height), rng.integers(0, width)
        bottom, right = top + rng.integers(8, height // 3 + 9), left + rng.integers(8, width // 3 + 9)
        pixels[top:bottom, left:right] = rng.integers(10, 246, 3)
    pixels += rng.normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def flat(color: str | tuple[int, int, int], width: int = 400, height: int = 300) -> Image.Image:
    """One colour and nothing else."""
    return Image.new("RGB", (width, height), color)


def encoded(image: Image.Image, encoder: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, encoder, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """A file as a picture, loaded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def marked() -> Image.Image:
    """A scene whose top left corner is red, so that one can tell which side is up."""
    image = scene(400, 300)
    image.paste((255, 0, 0), (0, 0, 100, 75))
    return image


def is_red(pixel: Any) -> bool:
    """Whether it is the marked corner's colour, give or take an encoder."""
    red, green, blue = pixel
    return bool(red > 200 and green < 60 and blue < 60)


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_bomb(width: int, height: int, *, channels: int = 1, noise: int = 0, level: int = 1) -> bytes:
    """A black PNG of any size, grey (1 channel) or RGB (3), deflated to a 230th, or at level 9 to a 1030th.

    With `noise`, the first so many bytes of each row are random, and count for as many in the file.
    """
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    squeeze = zlib.compressobj(level)
    random = np.random.default_rng(1)
    rows = (bytes(1) + random.bytes(noise) + bytes(width * channels - noise) for _ in range(height))
    pixels = b"".join(squeeze.compress(row) for row in rows) + squeeze.flush()
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def jpeg_segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and content of every segment before the coded data."""
    segments, at = [], 2
    while data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segments.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return segments


def riff_chunks(data: bytes) -> list[bytes]:
    """The names of the chunks of a WebP file."""
    names, at = [], 12
    while at < len(data):
        names.append(data[at : at + 4])
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return names
