"""Limits read from a photo's header, before a decoder is given anything to allocate."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from shared.model.quality import Limits

from .refusal import Refused
from .screen import JPEG, PNG, WEBP

Size = tuple[int, int]

_PNG_SIGNATURE: Final = 8  # bytes
_MOST_CHUNKS: Final = 20_000  # of a PNG; writers that split a photo finest make five thousand
_MOST_SEGMENTS: Final = 4_000  # of a JPEG; profiles and depth maps of phones make a few hundred
_SCAN: Final = b"\xff\xda"  # inside coded data the same bytes are written FF 00 DA


def check_size(size: Size, limits: Limits, *, packed: int) -> None:
    """Raise Refused for more pixels than are taken: at one side, in all, or for a file of `packed` bytes."""
    width, height = size
    if max(size) > limits.max_side or width * height > limits.max_pixels:
        megapixels = limits.max_pixels / 1e6
        raise Refused("TOO_MANY_PIXELS", width=width, height=height, side=limits.max_side, megapixels=megapixels)
    if 3 * (width * height - limits.free_pixels) > limits.max_ratio * packed:
        raise Refused("TOO_COMPRESSED", size=packed, width=width, height=height)


def check_large_enough(size: Size, limits: Limits) -> None:
    """Raise Refused for a photo that is too small at one of its sides."""
    width, height = size
    if min(size) < limits.min_side:
        raise Refused("TOO_SMALL", width=width, height=height, side=limits.min_side)


def check_progressive(data: bytes, size: Size, limits: Limits) -> None:
    """Raise Refused for a progressive JPEG that would take too long or too much memory."""
    width, height = size
    if width * height > limits.max_progressive_pixels:
        found, limit = (count / 1e6 for count in (width * height, limits.max_progressive_pixels))
        raise Refused("TOO_COMPLEX", found=f"{found:.1f} million pixels", limit=f"{limit:.0f} million")
    scans = data.count(_SCAN)
    if scans > limits.max_progressive_scans:
        raise Refused("TOO_COMPLEX", found=f"{scans} scans", limit=limits.max_progressive_scans)


def check_container(data: bytes, content_type: str, limits: Limits) -> None:
    """What can be told from the bytes alone. Raises Refused.

    A WebP decoder allocates its canvas when the file is opened; PNG decoders do not look at most checksums; and going
    over millions of empty parts takes longer than any picture does.
    """
    if content_type in _SIZES:
        size = _SIZES[content_type](data)
        if size is None:
            raise Refused("UNREADABLE", detail="no size in the header")
        check_size(size, limits, packed=len(data))
    if content_type == PNG and not _png_whole(data):
        raise Refused("UNREADABLE", detail="a PNG chunk is missing or damaged, or there are too many")
    if content_type == JPEG and not _jpeg_brief(data):
        raise Refused("UNREADABLE", detail="too many JPEG segments")


def _png_whole(data: bytes) -> bool:
    """Whether every chunk up to the end is what its checksum says, and there are not too many."""
    at, view = _PNG_SIGNATURE, memoryview(data)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            break
        body = int.from_bytes(view[at : at + 4], "big") + 4  # with the name
        end = at + 4 + body
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return False
        if bytes(view[at + 4 : at + 8]) == b"IEND":
            return True
        at = end + 4
    return False


def _jpeg_brief(data: bytes) -> bool:
    """Whether the coded data begins, or the file breaks off, after not too many segments."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at : at + 1] != b"\xff" or data[at : at + 2] == _SCAN:
            return True
        filled = data[at + 1 : at + 2] == b"\xff"  # any number of these may stand before a marker
        at += 1 if filled else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def _png_size(data: bytes) -> Size | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return (width, height) if width and height else None


def _webp_size(data: bytes) -> Size | None:
    if len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L" and data[20] == 0x2F:
        packed = int.from_bytes(data[21:25], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


_SIZES: Final[Mapping[str, Callable[[bytes], Size | None]]] = {PNG: _png_size, WEBP: _webp_size}
