"""What the camera wrote into a photo. Nothing in here can fail a photo: what is broken is left out."""

from __future__ import annotations

import warnings
from typing import Final

from PIL.ExifTags import IFD, Base

from .gps import read_gps
from .tags import Ifd, directory, local_time, number, open_block, text, whole
from .verdict import Exif, Gps

_FIRED: Final = 1  # bit 0 of the Flash tag


def read_exif(block: object) -> tuple[Exif, Gps | None]:
    """The camera's record and the place, from a raw EXIF block (or whatever stands in its place)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of broken tags and reads on, which is what is wanted
        block_read = open_block(block)
        main, shot = directory(block_read), directory(block_read, IFD.Exif)
        return _camera(main, shot), read_gps(directory(block_read, IFD.GPSInfo))


def _camera(main: Ifd, shot: Ifd) -> Exif:
    flash = whole(shot, Base.Flash, 0, 0xFFFF)
    return Exif(
        make=text(main, Base.Make),
        model=text(main, Base.Model),
        lens=text(shot, Base.LensModel) or _lens(shot),
        software=text(main, Base.Software),
        **_times(main, shot),
        orientation=whole(main, Base.Orientation, 1, 8),
        exposure_time=number(shot, Base.ExposureTime, 1e-7, 1e6),
        exposure_bias=number(shot, Base.ExposureBiasValue, -20, 20),
        f_number=number(shot, Base.FNumber, 0.1, 1000),
        iso=whole(shot, Base.ISOSpeedRatings, 1, 10_000_000),
        focal_length=number(shot, Base.FocalLength, 0.1, 100_000),
        focal_length35=whole(shot, Base.FocalLengthIn35mmFilm, 1, 100_000),
        flash=None if flash is None else bool(flash & _FIRED),
    )


def _times(main: Ifd, shot: Ifd) -> dict[str, str | None]:
    """When the shutter opened, else when it was digitised, else when the file was last changed."""
    taken = local_time(shot, Base.DateTimeOriginal, Base.OffsetTimeOriginal, Base.SubsecTimeOriginal)
    digitized = local_time(shot, Base.DateTimeDigitized, Base.OffsetTimeDigitized, Base.SubsecTimeDigitized)
    changed = local_time({**main, **shot}, Base.DateTime, Base.OffsetTime, Base.SubsecTime)
    return {
        "taken_at": taken or digitized or changed,
        "digitized_at": digitized if taken and digitized != taken else None,
    }


def _lens(shot: Ifd) -> str | None:
    """`24-70 mm f/2.8-4`, for cameras that give a lens by its limits; 0/0 is what they do not know."""
    limits = [number({0: part}, 0, 0.1, 100_000) for part in _parts(shot.get(Base.LensSpecification))]
    if len(limits) != 4 or limits[0] is None:
        return None
    focal, aperture = (_range(*limits[at : at + 2]) for at in (0, 2))
    return f"{focal} mm f/{aperture}" if aperture else f"{focal} mm"


def _parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _range(low: float | None, high: float | None) -> str:
    ends = dict.fromkeys(f"{end:g}" for end in (low, high) if end is not None)
    return "-".join(ends)
