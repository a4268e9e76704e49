"""EXIF values, which may be anything, to clean ones: text, numbers within a range, times with an offset."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from PIL import Image

Ifd = Mapping[int, Any]

_LONGEST_TEXT: Final = 200
_LONGEST_BLOCK: Final = 2**20  # bytes; makers' notes and a preview fit, a bomb of references does not
_TIME: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_FRACTION: Final = re.compile(r"[0-9]{1,9}")
_OFFSET: Final = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d|Z")

# Everything that Pillow 13 is known to raise on broken EXIF.
BROKEN: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def open_block(block: object) -> Image.Exif:
    """The EXIF block of a photo; empty where there is none or it cannot be read.

    Loaded apart from the picture: Pillow's `getexif` would take the orientation from XMP where EXIF has none, and
    programs that turned the pixels leave a stale one there.
    """
    exif = Image.Exif()
    if isinstance(block, bytes) and len(block) <= _LONGEST_BLOCK:
        try:
            exif.load(block)
        except BROKEN:
            return Image.Exif()
    return exif


def directory(exif: Image.Exif, ifd: int | None = None) -> Ifd:
    """One directory of the block: the first one, or the one that `ifd` points to. Broken ones are empty."""
    try:
        return dict(exif) if ifd is None else dict(exif.get_ifd(ifd))
    except BROKEN:
        return {}


def text(ifd: Ifd, tag: int) -> str | None:
    """One line of printable text, at most 200 characters; None where nothing is left."""
    value = ifd.get(tag)
    if isinstance(value, str):  # Pillow reads Latin-1 where most phones write UTF-8
        value = value.encode("latin-1", "replace")
    if not isinstance(value, bytes):
        return None
    value = value.partition(b"\x00")[0]
    try:
        decoded = value.decode("utf-8")
    except UnicodeDecodeError:
        decoded = value.decode("latin-1")
    printable = "".join(letter if letter.isprintable() else " " for letter in decoded)
    return " ".join(printable.split())[:_LONGEST_TEXT] or None


def numbers(ifd: Ifd, tag: int) -> tuple[float, ...]:
    """The numbers of a tag; empty where one of them is not a finite number."""
    value = ifd.get(tag)
    values = value if isinstance(value, tuple | list) else (value,)
    try:
        found = tuple(float(number) for number in values if not isinstance(number, str | bytes | None))
    except (ArithmeticError, TypeError, ValueError):
        return ()
    return found if len(found) == len(values) and all(map(math.isfinite, found)) else ()


def number(ifd: Ifd, tag: int, low: float, high: float) -> float | None:
    """The first number of a tag where it lies in `low` to `high`, both included; else None."""
    found = numbers(ifd, tag)
    return found[0] if found and low <= found[0] <= high else None


def whole(ifd: Ifd, tag: int, low: int, high: int) -> int | None:
    """Like `number`, rounded."""
    found = number(ifd, tag, low, high)
    return None if found is None else round(found)


def byte(ifd: Ifd, tag: int) -> int | None:
    """A one-byte flag, which Pillow gives as a number or as bytes."""
    value = ifd.get(tag)
    if isinstance(value, bytes):
        return value[0] if len(value) == 1 else None
    return whole(ifd, tag, 0, 255)


def local_time(ifd: Ifd, tag: int, offset_tag: int, fraction_tag: int) -> str | None:
    """An ISO 8601 time, with fraction and offset where the camera wrote them: `2024-05-01T14:30:00.25+02:00`."""
    match = _TIME.match(text(ifd, tag) or "")
    if not match:
        return None
    try:
        moment = datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    fraction, offset = (text(ifd, fraction_tag) or "").rstrip("0"), text(ifd, offset_tag) or ""
    written = moment.replace(tzinfo=None).isoformat()
    written += f".{fraction}" if _FRACTION.fullmatch(fraction) else ""
    return written + (offset if _OFFSET.fullmatch(offset) else "")
