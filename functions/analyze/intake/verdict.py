"""What is known about a photo once it has been judged."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

ABOUT_A_KILOMETRE: Final = 2  # decimals of a degree: 1.1 km from south to north, less from west to east


class Remark(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A soft warning: the photo is accepted, and `message` says how a better one is taken."""

    reason: str
    message: str


class Exif(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the camera wrote; None where it did not, or wrote nonsense.

    `taken_at` is ISO 8601 in local time, with fractions of a second and the offset where the camera knew them;
    `digitized_at` is there where it differs, as for a slide that was scanned. `exposure_time` is in seconds,
    `exposure_bias` in EV, focal lengths in millimetres, `orientation` 1 to 8 as in EXIF.
    """

    make: str | None = None
    model: str | None = None
    lens: str | None = None
    software: str | None = None
    taken_at: str | None = None
    digitized_at: str | None = None
    orientation: int | None = None
    exposure_time: float | None = None
    exposure_bias: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    focal_length35: int | None = None
    flash: bool | None = None


class Gps(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the photo was taken: degrees (WGS 84, north and east positive), metres, metres a second, and UTC.

    `direction` is where the camera looked and `course` where it went, in degrees from north; `magnetic` says that
    `direction` is from the magnetic one. `approximate` is true where the rest was left out and the coordinates rounded.
    """

    latitude: float
    longitude: float
    altitude: float | None = None
    accuracy: float | None = None
    direction: float | None = None
    magnetic: bool | None = None
    course: float | None = None
    speed: float | None = None
    time: datetime | None = None
    approximate: bool = False

    def rounded(self) -> Gps:
        """The place to about a kilometre, and nothing else of it: altitude, course and time would narrow it down."""
        latitude, longitude = (round(degrees, ABOUT_A_KILOMETRE) for degrees in (self.latitude, self.longitude))
        return Gps(latitude=latitude, longitude=longitude, approximate=True)


class Quality(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How usable the photo is: 0 to 100, below 50 exactly where there is a warning; and what was measured."""

    score: int
    metrics: dict[str, float]
    policy_version: str


class Picture(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A picture made of a photo, upright, sRGB and free of metadata."""

    type: str
    width: int
    height: int
    data: bytes


class Pixels(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The photo small and raw, for models: `rgb` holds height x width x 3 bytes of sRGB, row by row, upright."""

    width: int
    height: int
    rgb: bytes


class Judged(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A judged photo. `width` and `height` are those of the upright photo; `message` is for the person who took it.

    `detail` is for the log, and never holds anything out of the photo but numbers.
    """

    verdict: Literal["accepted", "rejected"]
    reason: str | None = None
    message: str | None = None
    detail: str | None = None
    warnings: tuple[Remark, ...] = ()
    type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    perceptual_hash: str | None = None
    exif: Exif = Exif()
    gps: Gps | None = None
    quality: Quality | None = None
    normalized: Picture | None = None
    thumbnail: Picture | None = None
    pixels: Pixels | None = None
