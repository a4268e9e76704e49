"""Where a photo was taken, from EXIF's GPS directory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from PIL.ExifTags import GPS

from .tags import Ifd, byte, number, numbers, text
from .verdict import Gps

_BELOW_SEA_LEVEL: Final = frozenset({1, 3})  # EXIF 3.0 counts 2 and 3 from the ellipsoid
_METRES_A_SECOND: Final[Mapping[str, float]] = {"K": 1 / 3.6, "M": 0.44704, "N": 1852 / 3600}  # km/h, mph, knots
_DATE: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)")


def read_gps(ifd: Ifd) -> Gps | None:
    """The place; None without a latitude and a longitude that can be true.

    A coordinate without its hemisphere is not used, nor is 0/0, which cameras write while they search for satellites.
    """
    latitude = _coordinate(ifd, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS", 90)
    longitude = _coordinate(ifd, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW", 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    return Gps(
        latitude=latitude,
        longitude=longitude,
        altitude=_altitude(ifd),
        accuracy=number(ifd, GPS.GPSHPositioningError, 0, 1e6),
        direction=number(ifd, GPS.GPSImgDirection, 0, 360),
        magnetic=_magnetic(ifd),
        course=number(ifd, GPS.GPSTrack, 0, 360),
        speed=_speed(ifd),
        time=_time(ifd),
    )


def _coordinate(ifd: Ifd, tag: int, hemisphere_tag: int, hemispheres: str, limit: int) -> float | None:
    """Degrees, minutes and seconds to signed degrees with seven decimals (about a centimetre)."""
    parts = numbers(ifd, tag)
    hemisphere = (text(ifd, hemisphere_tag) or "?")[0].upper()
    if not 1 <= len(parts) <= 3 or hemisphere not in hemispheres:
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    if min(parts) < 0 or minutes > 60 or seconds > 60:
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if value > limit:
        return None
    return round(value if hemisphere == hemispheres[0] else -value, 7)


def _altitude(ifd: Ifd) -> float | None:
    metres = number(ifd, GPS.GPSAltitude, 0, 100_000)
    if metres is None:
        return None
    return -metres if byte(ifd, GPS.GPSAltitudeRef) in _BELOW_SEA_LEVEL else metres


def _magnetic(ifd: Ifd) -> bool | None:
    reference = text(ifd, GPS.GPSImgDirectionRef)
    return None if number(ifd, GPS.GPSImgDirection, 0, 360) is None else {"M": True, "T": False}.get(reference or "")


def _speed(ifd: Ifd) -> float | None:
    """In metres a second. Without its unit it is in km/h (EXIF 3.0, GPSSpeedRef)."""
    speed = number(ifd, GPS.GPSSpeed, 0, 100_000)
    unit = _METRES_A_SECOND.get((text(ifd, GPS.GPSSpeedRef) or "K").upper())
    return None if speed is None or unit is None else round(speed * unit, 3)


def _time(ifd: Ifd) -> datetime | None:
    """The satellites' time, which is UTC; second 60 is a leap second."""
    date = _DATE.match(text(ifd, GPS.GPSDateStamp) or "")
    clock = numbers(ifd, GPS.GPSTimeStamp)
    if not date or len(clock) != 3 or not all(0 <= part < top for part, top in zip(clock, (24, 60, 61), strict=True)):
        return None
    hours, minutes, seconds = clock
    try:
        midnight = datetime(*map(int, date.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
        return midnight + timedelta(hours=hours, minutes=minutes, seconds=round(seconds, 3))
    except (OverflowError, ValueError):
        return None
