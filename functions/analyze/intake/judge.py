"""The pure core: a stranger's bytes to a judged photo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from shared.model.quality import Policy, default_policy

from .decode import decode, open_photo, upright_size
from .derive import normalized, pixels, thumbnail
from .exif import read_exif
from .fingerprint import SIDE, perceptual_hash
from .header import check_container, check_large_enough, check_progressive, check_size
from .metrics import measure
from .quality import emptiness, grade
from .refusal import Refused, rejected
from .scale import Scales
from .screen import identify, unjudged
from .verdict import Judged


def answer(data: bytes) -> bytes:
    """The task of a guarded child: a photo to its verdict as MessagePack."""
    return msgspec.msgpack.encode(judge_photo(data, policy=default_policy()))


def judge_photo(data: bytes, *, declared_type: str | None = None, policy: Policy) -> Judged:
    """Judge a photo and make its derived pictures. A rejection tells everything that was known by then.

    Raises nothing that a photo could cause, as far as is known; what is not known is what the guard is for.
    """
    known = unjudged(data)
    try:
        content_type = identify(data, declared_type=declared_type, limits=policy.limits)
        for facts in _look(data, content_type, policy):
            known = msgspec.structs.replace(known, **facts)
    except Refused as refused:
        return rejected(refused, known)
    except MemoryError:
        return rejected(Refused("TOO_MUCH_MEMORY"), known)
    return msgspec.structs.replace(known, verdict="accepted")


def _look(data: bytes, content_type: str, policy: Policy) -> Iterator[dict[str, Any]]:
    """The steps in their order; each yields the facts that it found. Raises Refused."""
    check_container(data, content_type, policy.limits)
    image = open_photo(data, content_type)
    exif, gps = read_exif(image.info.get("exif"))
    width, height = upright_size(image.size, exif.orientation)
    yield {"width": width, "height": height, "exif": exif, "gps": gps}

    check_size((width, height), policy.limits, packed=len(data))
    if image.info.get("progressive"):
        check_progressive(data, (width, height), policy.limits)
    scales = Scales(decode(data, image, orientation=exif.orientation, derived=policy.derived))
    check_large_enough((width, height), policy.limits)
    quality, warnings = grade(measure(scales.grey(policy.measuring_side)), policy)
    yield {"quality": quality}

    nothing = emptiness(quality.metrics, policy)
    if nothing:
        raise Refused("EMPTY", what=nothing)
    yield {
        "warnings": warnings,
        "normalized": normalized(scales, policy.derived),
        "thumbnail": thumbnail(scales, policy.derived),
        "pixels": pixels(scales, policy.derived),
        "perceptual_hash": perceptual_hash(scales.grey(SIDE)),
    }
