"""EXIF blocks written byte by byte, because what is to be read includes what no library would write."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Entry = tuple[int, int, bytes]  # TIFF type, count, content

MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
EXPOSURE, F_NUMBER, ISO, TAKEN, OFFSET_TAKEN = 0x829A, 0x829D, 0x8827, 0x9003, 0x9011
FLASH, FOCAL, FOCAL35, LENS = 0x9209, 0x920A, 0xA405, 0xA434
LAT_REF, LAT, LON_REF, LON, ALT_REF, ALT, CLOCK = 1, 2, 3, 4, 5, 6, 7
DIRECTION, DATE, ACCURACY = 17, 29, 31
SPEED_REF, SPEED, TRACK, DIRECTION_REF = 12, 13, 15, 16
DIGITIZED, FRACTION_TAKEN, BIAS, LENS_LIMITS, MAKER_NOTE = 0x9004, 0x9291, 0x9204, 0xA432, 0x927C
_EXIF, _GPS = 0x8769, 0x8825


def ascii_(text: str | bytes) -> Entry:
    """A text, with the zero byte at its end."""
    content = (text.encode() if isinstance(text, str) else text) + b"\x00"
    return 2, len(content), content


def byte(value: int) -> Entry:
    """One byte."""
    return 1, 1, bytes([value])


def short(value: int) -> Entry:
    """A 16-bit number."""
    return 3, 1, struct.pack("<H", value)


def rational(*fractions: tuple[int, int]) -> Entry:
    """Numerators and denominators; a denominator may be 0."""
    return 5, len(fractions), b"".join(struct.pack("<II", *fraction) for fraction in fractions)


def signed(numerator: int, denominator: int) -> Entry:
    """A fraction that may be negative."""
    return 10, 1, struct.pack("<ii", numerator, denominator)


def double(*values: float) -> Entry:
    """64-bit floating point, which may be NaN."""
    return 12, len(values), struct.pack(f"<{len(values)}d", *values)


def block(
    main: Mapping[int, Entry] | None = None,
    shot: Mapping[int, Entry] | None = None,
    gps: Mapping[int, Entry] | None = None,
) -> bytes:
    """A little-endian EXIF block of up to three directories."""
    first = dict(main or {})
    inner = {tag: directory for tag, directory in ((_EXIF, shot), (_GPS, gps)) if directory}
    at = 8 + _length({**first, **dict.fromkeys(inner, (4, 1, bytes(4)))})
    written = b""
    for tag, directory in inner.items():
        first[tag] = (4, 1, struct.pack("<I", at + len(written)))
        written += _directory(directory, at + len(written))
    return b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + _directory(first, 8) + written


def place(**other: Entry) -> dict[int, Entry]:
    """The GPS directory of 48° 8' 15" N, 11° 34' 30" E, with tags replaced by their names above in lower case."""
    tags: dict[int, Entry] = {
        LAT_REF: ascii_("N"),
        LAT: rational((48, 1), (8, 1), (15, 1)),
        LON_REF: ascii_("E"),
        LON: rational((11, 1), (34, 1), (30, 1)),
    }
    names = {"lat_ref": LAT_REF, "lat": LAT, "lon_ref": LON_REF, "lon": LON}
    return {**tags, **{names[name]: entry for name, entry in other.items()}}


def _length(directory: Mapping[int, Entry]) -> int:
    return 6 + 12 * len(directory) + sum(len(content) for _, _, content in directory.values() if len(content) > 4)


def _directory(directory: Mapping[int, Entry], at: int) -> bytes:
    entries, contents = b"", b""
    begin = at + 6 + 12 * len(directory)
    for tag, (kind, count, content) in sorted(directory.items()):
        entries += struct.pack("<HHI", tag, kind, count)
        if len(content) > 4:
            entries += struct.pack("<I", begin + len(contents))
            contents += content
        else:
            entries += content.ljust(4, b"\x00")
    return struct.pack("<H", len(directory)) + entries + bytes(4) + contents
