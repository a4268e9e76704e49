"""The photos that the intake is measured with: what a phone held upright takes, at 12 and at 48 megapixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from tools import scenes

SIZES: Final = {"12 MP": (4032, 3024, 3_700_000), "48 MP": (8064, 6048, 10_400_000)}  # width, height, bytes
SIDEWAYS: Final = 6  # how a phone that is held upright stores what it sees


class Photograph(msgspec.Struct, frozen=True, kw_only=True):
    """A photo in a file."""

    title: str
    path: Path
    width: int
    height: int


def rendered(folder: Path) -> list[Photograph]:
    """The photos, made where they are missing: baseline 4:2:0, about as many bytes as a phone's, EXIF and GPS."""
    taken = []
    for title, (width, height, size) in SIZES.items():
        path = folder / f"{title.replace(' ', '').lower()}.jpg"
        if not path.exists():
            path.write_bytes(_photo(scenes.warning_sign(width, height), size))
        taken.append(Photograph(title=title, path=path, width=width, height=height))
    return taken


def _photo(image: Image.Image, size: int) -> bytes:
    """The picture at the least quality that makes at least `size` bytes."""
    low, high = 80, 98
    while low < high:
        middle = (low + high) // 2
        if len(_encoded(image, middle)) < size:
            low = middle + 1
        else:
            high = middle
    return _encoded(image, low)


def _encoded(image: Image.Image, quality: int) -> bytes:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = "Loupe", "bench", SIDEWAYS
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "N", (48.0, 8.0, 14.7)
    place[GPS.GPSLongitudeRef], place[GPS.GPSLongitude] = "E", (11.0, 34.0, 31.8)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", exif=exif.tobytes())
    return buffer.getvalue()
