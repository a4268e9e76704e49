"""The kinds of analysis this build can do, and what each takes. A kind that is not here does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif")


class Priority(StrEnum):
    """Which queue a job goes to: each has its own subscription and its own workers."""

    HIGH = "high"
    NORMAL = "normal"
    BATCH = "batch"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of analysis takes."""

    name: str
    title: str
    min_images: int
    max_images: int
    options: Mapping[str, type[bool | int | float | str]] = {}  # what a request may set, and of which type
    medical: bool = False  # off in the cloud until its intended use is acknowledged (shared/medical.py)


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            name="color_correction",
            title="Colour correction by a chart in the photo, with evidence",
            min_images=1,
            max_images=1,
            options={"chart": str, "reference": str, "report": bool, "lut": bool},
        ),
        Kind(
            name="inspection",
            title="Inspection photo: text, colours, camera and place",
            min_images=1,
            max_images=1,
            options={"text": bool, "colors": bool},
        ),
        Kind(
            name="skin_lesion",
            title="Skin lesion: a classifier's answer under a safety policy; not a medical device",
            min_images=1,
            max_images=3,
            options={"locale": str, "topK": int, "heatmap": bool},
            medical=True,
        ),
    )
}
