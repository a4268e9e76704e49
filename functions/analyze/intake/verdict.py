"""What is known about a photo once it has been judged."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Remark(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A soft warning: the photo is accepted, and `message` says how a better one is taken."""

    reason: str
    message: str


class Exif(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the camera wrote; None where it did not, or wrote nonsense.

    `taken_at` is ISO 8601 in local time, with the offset where the camera knew it. `exposure_time` is in seconds,
    focal lengths in millimetres, `orientation` 1 to 8 as in EXIF.
    """

    make: str | None = None
    model: str | None = None
    lens: str | None = None
    software: str | None = None
    taken_at: str | None = None
    orientation: int | None = None
    exposure_time: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    focal_length35: int | None = None
    flash: bool | None = None


class Gps(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the photo was taken: degrees (WGS 84, north and east positive), metres, and UTC."""

    latitude: float
    longitude: float
    altitude: float | None = None
    accuracy: float | None = None
    direction: float | None = None
    time: datetime | None = None


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
