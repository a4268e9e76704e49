"""Whole files to damage: every accepted type in its variants, drawn here, and real photos where there are some."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

from tools import scenes
from tools.fuzz.parts import split

LARGEST: Final = 300_000  # bytes of a real photo: damage to a small file is as good, and judged sooner
SIZE: Final = (320, 240)


def seeds(*folders: Path) -> list[bytes]:
    """Drawn files, and the small photos of the folders."""
    real = sorted(path for folder in folders for path in folder.iterdir())
    small = [path.read_bytes() for path in real if path.is_file() and path.stat().st_size <= LARGEST]
    return [*drawn(), *(data for data in small if len(split(data)) > 1)]


def drawn() -> Iterator[bytes]:
    """One file of each type and variant that decoders have code of their own for."""
    scene = scenes.meter(*SIZE)
    deep = Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    clear = scene.copy()
    clear.putalpha(scene.convert("L"))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    marked: dict[str, Any] = {"exif": _exif(), "icc_profile": profile}
    yield _file(scene, "JPEG", quality=85, comment=b"Loupe", **marked)
    yield _file(scene, "JPEG", progressive=True, subsampling=0, restart_marker_blocks=4)
    yield _file(scene.convert("L"), "JPEG")
    yield _file(scene.convert("CMYK"), "JPEG")
    yield _file(scene, "PNG", **marked)
    yield _file(scene.quantize(16), "PNG", transparency=3, bits=4)
    yield _file(deep, "PNG")
    yield _file(clear, "PNG")
    yield _file(scene, "WEBP", quality=80, **marked)
    yield _file(clear, "WEBP", lossless=True)
    yield _file(scene, "WEBP", save_all=True, append_images=[scene.rotate(180)])
    yield _file(scene, "AVIF", speed=10, **marked)
    yield _file(clear, "AVIF", speed=10)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x010F: "Loupe", 0x0110: "One"})
    exif.get_ifd(0x8769).update({0x9003: "2026:05:04 09:30:00", 0x829A: (1, 250), 0x927C: bytes(300)})
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 32.0, 28.0), 3: "E", 4: (9.0, 59.0, 0.0)})
    return exif


def _file(image: Image.Image, encoder: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, encoder, **options)
    return buffer.getvalue()
