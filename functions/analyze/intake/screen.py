"""What can be said of a photo without decoding it: its size, its type by content, and its hash."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Mapping
from typing import Final

from shared.model.quality import Limits

from .refusal import Refused
from .verdict import Judged

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
AVIF: Final = "image/avif"
HEIC: Final = "image/heic"

# What else a type is called: apps say image/heif for what is HEIC, which is the kind of HEIF that cameras write.
_ALIASES: Final[Mapping[str, str]] = {
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    "image/x-png": PNG,
    "image/heif": HEIC,
}
_UNDECLARED: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_HEIC_ADVICE: Final = " HEIC cannot be read by this server. On an iPhone: Settings, Camera, Formats, Most Compatible."

# Beginnings of files that people send by mistake, so that the refusal can name what was sent.
_KNOWN: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture or a camera's raw file"),
    (b"MM\x00*", "a TIFF picture or a camera's raw file"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop document"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)


def identify(data: bytes, *, declared_type: str | None, limits: Limits) -> str:
    """The photo's media type by content. Raises Refused for what need not be opened at all."""
    if not data:
        raise Refused("EMPTY_FILE")
    if len(data) > limits.max_bytes:
        raise Refused("TOO_LARGE", megabytes=len(data) / 2**20, limit=limits.max_bytes / 2**20)
    found = content_type(data)
    if found is None:
        name, advice = describe(data)
        raise Refused("UNSUPPORTED_TYPE", found=name, advice=advice)
    declared = _essence(declared_type)
    if declared not in _UNDECLARED and declared != found:
        printable = "".join(letter for letter in declared[:100] if letter.isprintable())
        raise Refused("TYPE_MISMATCH", declared=printable, found=found)
    return found


def unjudged(data: bytes) -> Judged:
    """What holds for any bytes; rejected until something better is known."""
    return Judged(
        verdict="rejected",
        type=content_type(data),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def content_type(data: bytes) -> str | None:
    """The media type by the file's first bytes; None if it is not one that is read here."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return AVIF
    return HEIC if brands & _HEIC_BRANDS and reads_heic() else None


@functools.cache
def reads_heic() -> bool:
    """Whether the decoder for HEIC is installed, which an operator may leave out (docs/adr/0020-heic.md)."""
    return importlib.util.find_spec("pi_heif") is not None


def describe(data: bytes) -> tuple[str, str]:
    """What an unsupported file seems to be, in words, and extra advice for who sent it."""
    if _brands(data) & _HEIC_BRANDS:
        return "a HEIC photo", _HEIC_ADVICE
    if _brands(data):
        return "a video or another file of the MP4 family", ""
    for beginning, name in _KNOWN:
        if data.startswith(beginning):
            return name, ""
    text = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<?xml", b"<svg", b"<!doctype", b"<html")):
        return ("an SVG drawing" if b"<svg" in text else "an HTML or XML page"), ""
    return "not a photo of a known kind", ""


def _brands(data: bytes) -> frozenset[bytes]:
    """The brands of an ISO base media file: the major one and the compatible ones."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return frozenset({data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))})


def _essence(declared_type: str | None) -> str:
    essence = (declared_type or "").partition(";")[0].strip().lower()
    return _ALIASES.get(essence, essence)
