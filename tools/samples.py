"""`python -m tools.samples FOLDER`: render sample photos, the same ones every time.

They are what a person with a phone would send: good photos with camera, time and place, one held sideways, one of
twelve megapixels, a drawn lesion, and three that went wrong in the usual ways.
"""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from PIL.ExifTags import GPS, IFD, Base

from models.skin_lesion.look.photo import Scene, photo
from tools import scenes

START = datetime(2026, 5, 4, 9, 30)  # noqa: DTZ001 - a camera's local time; its offset is written beside it
OFFSET = timedelta(hours=2)

LESION = Scene(lesion=36, view=0, look="mel", tone=0)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How the job of a sample ends: its state, why if it fails, and what it is warned of."""

    state: str = "COMPLETED"
    reason: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A photo in the folder."""

    path: Path
    title: str
    expect: Expected
    kind: str = "inspection"  # of the analysis that it is for


@dataclass(frozen=True, kw_only=True)
class _Plan:
    name: str
    title: str
    scene: scenes.Scene
    place: tuple[float, float, float]  # latitude, longitude, altitude
    size: tuple[int, int] = (1600, 1200)
    orientation: int = 1
    spoil: Callable[[Image.Image], Image.Image] | None = None
    keep: float = 1.0  # the share of the file that arrives
    expect: Expected = Expected()
    kind: str = "inspection"


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(8))


def _dark(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image) * 0.28).astype(np.uint8))


_PLANS = (
    _Plan(name="meter.jpg", title="Electricity meter", scene=scenes.meter, place=(48.13743, 11.57549, 519.0)),
    _Plan(
        name="warning-sign.jpg",
        title="Warning sign, 12 megapixels",
        scene=scenes.warning_sign,
        place=(53.54131, 9.98412, 8.0),
        size=(4032, 3024),
    ),
    _Plan(
        name="pipe-sideways.jpg",
        title="Cooling pipe, phone held sideways",
        scene=scenes.pipe,
        place=(51.48162, 7.21648, 104.0),
        orientation=6,
    ),
    _Plan(
        name="wall.webp", title="Painted wall with a crack", scene=scenes.painted_wall, place=(52.5163, 13.3777, 34.0)
    ),
    _Plan(
        name="meter-blurred.jpg",
        title="Meter, out of focus",
        scene=scenes.meter,
        place=(48.13743, 11.57549, 519.0),
        spoil=_blurred,
        expect=Expected(warnings=("BLURRY",)),
    ),
    _Plan(
        name="sign-dark.jpg",
        title="Warning sign at dusk",
        scene=scenes.warning_sign,
        place=(53.54131, 9.98412, 8.0),
        spoil=_dark,
        expect=Expected(warnings=("DARK",)),
    ),
    _Plan(
        name="lesion.jpg",
        title="Drawn skin lesion",
        scene=functools.partial(photo, LESION),
        place=(50.9413, 6.9583, 52.0),
        size=(1200, 900),
        kind="skin_lesion",
    ),
    _Plan(
        name="pipe-broken.jpg",
        title="Upload that broke off",
        scene=scenes.pipe,
        place=(51.48162, 7.21648, 104.0),
        keep=0.6,
        expect=Expected(state="FAILED", reason="UNREADABLE"),
    ),
)


def render(folder: Path) -> list[Sample]:
    """Write the samples into `folder`, which is made if it is missing, and say what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for index, plan in enumerate(_PLANS):
        data = _photo(plan, taken=START + timedelta(minutes=7 * index))
        path = folder / plan.name
        path.write_bytes(data[: int(len(data) * plan.keep)])
        samples.append(Sample(path=path, title=plan.title, expect=plan.expect, kind=plan.kind))
    return samples


def _photo(plan: _Plan, *, taken: datetime) -> bytes:
    image = plan.scene(*plan.size)
    if plan.spoil:
        image = plan.spoil(image)
    if plan.orientation == 6:  # to be shown, it is turned clockwise
        image = image.transpose(Image.Transpose.ROTATE_90)
    buffer = io.BytesIO()
    encoder = "WEBP" if plan.name.endswith(".webp") else "JPEG"
    image.save(buffer, encoder, quality=84, exif=_exif(plan, taken).tobytes())
    return buffer.getvalue()


def _exif(plan: _Plan, taken: datetime) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Loupe", "sample renderer"
    exif[Base.Orientation] = plan.orientation
    shot = exif.get_ifd(IFD.Exif)
    shot[Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    shot[Base.OffsetTimeOriginal] = f"+{OFFSET.seconds // 3600:02}:00"
    shot[Base.ExposureTime], shot[Base.FNumber], shot[Base.ISOSpeedRatings] = 1 / 125, 1.8, 100
    shot[Base.FocalLength] = 4.25
    latitude, longitude, altitude = plan.place
    utc = taken - OFFSET
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: _degrees(latitude),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: _degrees(longitude),
            GPS.GPSAltitudeRef: b"\x00",
            GPS.GPSAltitude: altitude,
            GPS.GPSHPositioningError: 5.0,
            GPS.GPSImgDirection: 180.0,
            GPS.GPSDateStamp: utc.strftime("%Y:%m:%d"),
            GPS.GPSTimeStamp: (float(utc.hour), float(utc.minute), float(utc.second)),
        }
    )
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds, as EXIF wants them."""
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 4)


def main() -> int:
    """Render into the folder that is named."""
    if len(sys.argv) != 2:
        print("usage: python -m tools.samples FOLDER", file=sys.stderr)
        return 2
    for sample in render(Path(sys.argv[1])):
        print(f"{sample.path}  {sample.path.stat().st_size // 1000} kB  {sample.title}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
