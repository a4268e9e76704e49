"""Photos for the matrix: small and good ones that differ in every pixel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from loupe.client.photos import LocalPhoto

SIDE: Final = 240  # pixels, a little more than the least that is accepted
BLOCK: Final = 12


def draw(seed: int, *, side: int = SIDE) -> Image.Image:
    """Sharp, well lit blocks of all colours."""
    numbers = np.random.default_rng(seed)
    blocks = numbers.integers(20, 236, (side // BLOCK, side // BLOCK, 3), dtype=np.uint8)
    return Image.fromarray(blocks.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1))


def encoded(image: Image.Image, encoder: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, encoder, **options)
    return buffer.getvalue()


def album(folder: Path, count: int, seed: int) -> list[LocalPhoto]:
    """So many photos in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [kept(folder / f"{number}.jpg", encoded(draw(seed * 1000 + number))) for number in range(count)]


def kept(path: Path, data: bytes, content_type: str = "image/jpeg") -> LocalPhoto:
    """A file as a photo that will be sent."""
    path.write_bytes(data)
    return LocalPhoto(path=path, content_type=content_type, size=len(data))
