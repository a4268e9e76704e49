"""Photos measured as the intake measures them, as they are and spoilt in every way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import msgspec

from shared.model.quality import default_policy
from tools.calibrate.spoil import SPOILT, Grey

INTAKE: Final = "functions.analyze.intake"  # loaded by name: nothing imports a function


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One photo: by way of spoiling, what its metrics are. Which half it is in follows from its bytes."""

    file: Path
    choosing: bool
    metrics: dict[str, dict[str, float]]


def photos(folders: Sequence[Path]) -> list[Path]:
    """Every file below the folders, in order."""
    return sorted(path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else (folder,)))


def measured(files: Sequence[Path]) -> Iterator[Measured]:
    """Each photo that the intake would decode and that is large enough; the same photo only once."""
    measure = import_module(f"{INTAKE}.metrics").measure
    seen: set[bytes] = set()
    for file in files:
        data = file.read_bytes() if file.is_file() else b""
        grey = _grey(data)
        digest = hashlib.sha256(data if grey is None else grey.tobytes()).digest()
        if grey is None or digest in seen:
            continue
        seen.add(digest)
        metrics = {name: measure(spoil(grey)) for name, spoil in SPOILT.items()}
        yield Measured(file=file, choosing=digest[0] % 2 == 0, metrics=metrics)


def _grey(data: bytes) -> Grey | None:
    decode, exif, scale, header, screen, refusal = (
        import_module(f"{INTAKE}.{name}") for name in ("decode", "exif", "scale", "header", "screen", "refusal")
    )
    rules = default_policy()
    try:
        content_type = screen.identify(data, declared_type=None, limits=rules.limits)
        header.check_container(data, content_type, rules.limits)
        image = decode.open_photo(data, content_type)
        header.check_size(image.size, rules.limits, packed=len(data))
        header.check_large_enough(image.size, rules.limits)
        orientation = exif.read_exif(image.info.get("exif"))[0].orientation
        raster = decode.decode(data, image, orientation=orientation, derived=rules.derived)
    except refusal.Refused:
        return None
    grey: Grey = scale.Scales(raster).grey(rules.measuring_side)
    return grey
