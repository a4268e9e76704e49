"""Facts as people write them. What comes out of a photo or a file name is made harmless first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

UNITS: Final = ("bytes", "kB", "MB", "GB")
TIMES: Final = "\N{MULTIPLICATION SIGN}"
INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # Unicode categories


def harmless(text: object) -> str:
    """Text from outside, without anything that moves a cursor, changes colours or turns the writing direction."""
    return "".join(" " if unicodedata.category(character) in INVISIBLE else character for character in str(text))


def size(count: int) -> str:
    """`4.2 MB`."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {UNITS[unit]}" if unit == 0 or amount >= 10 else f"{amount:.1f} {UNITS[unit]}"


def dimensions(photo: Mapping[str, Any]) -> str:
    """`4032 x 3024` with a proper sign, where they are known."""
    return f"{photo['width']} {TIMES} {photo['height']}" if photo.get("width") else ""


def share(fraction: float) -> str:
    """`34 %`."""
    return f"{100 * fraction:.0f} %"


def shortened(text: str, length: int) -> str:
    """At most `length` characters of a text."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def first_sentence(text: str) -> str:
    """What is the matter, without the advice that follows."""
    return text.partition(". ")[0].rstrip(".")


def camera(exif: Mapping[str, Any]) -> str:
    """`Canon EOS 40D · 1/60 s · f/2.8 · ISO 100 · 24 mm`, of what is known."""
    make, model = (harmless(exif.get(name) or "").strip() for name in ("make", "model"))
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return " · ".join(part for part in (name.strip(), *_settings(exif)) if part)


def taken(exif: Mapping[str, Any]) -> str:
    """`2008-05-30 15:56:01`."""
    return harmless(exif.get("takenAt") or "").replace("T", " ")


def place(gps: Mapping[str, Any] | None) -> str:
    """`43.46745° N, 11.88513° E`, with the altitude where it is known."""
    if not gps:
        return ""
    latitude, longitude, altitude = float(gps["latitude"]), float(gps["longitude"]), gps.get("altitude")
    where = (
        f"{abs(latitude):.5f}° {'S' if latitude < 0 else 'N'}, {abs(longitude):.5f}° {'W' if longitude < 0 else 'E'}"
    )
    return f"{where}, {float(altitude):.0f} m" if altitude is not None else where


def map_url(gps: Mapping[str, Any]) -> str:
    """Where a place is on a map."""
    latitude, longitude = float(gps["latitude"]), float(gps["longitude"])
    return (
        f"https://www.openstreetmap.org/?mlat={latitude:.5f}&mlon={longitude:.5f}#map=16/{latitude:.5f}/{longitude:.5f}"
    )


def _settings(exif: Mapping[str, Any]) -> Iterator[str]:
    if exif.get("exposureTime"):
        seconds = float(exif["exposureTime"])
        yield f"{seconds:g} s" if seconds >= 0.3 else f"1/{1 / seconds:.0f} s"
    if exif.get("fNumber"):
        yield f"f/{float(exif['fNumber']):g}"
    if exif.get("iso"):
        yield f"ISO {exif['iso']}"
    if exif.get("focalLength"):
        yield f"{float(exif['focalLength']):.4g} mm"
