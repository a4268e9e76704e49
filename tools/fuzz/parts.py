"""Picture files taken apart into the pieces that their formats are made of, and put together again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"


def split(data: bytes) -> list[bytes]:
    """The pieces, which joined are the file again: segments, chunks or boxes, as far as they make sense."""
    if data.startswith(b"\xff\xd8"):
        return [data[:2], *_segments(data)]
    if data.startswith(PNG):
        return [data[:8], *_sized(data, 8, lambda at: 12 + int.from_bytes(data[at : at + 4], "big"))]
    if data.startswith(b"RIFF"):
        return [data[:12], *_sized(data, 12, lambda at: _riff(data, at))]
    if data[4:8] == b"ftyp":
        return list(_sized(data, 0, lambda at: int.from_bytes(data[at : at + 4], "big")))
    return [data]


def join(pieces: Sequence[bytes]) -> bytes:
    """The file, with lengths and checksums that a format has over all of it put right, so that damage gets further."""
    whole = b"".join(pieces)
    if whole.startswith(PNG):
        return pieces[0] + b"".join(_checked(piece) for piece in pieces[1:])
    if whole.startswith(b"RIFF") and len(whole) >= 12:
        return whole[:4] + struct.pack("<I", (len(whole) - 8) % 2**32) + whole[8:]
    return whole


def _segments(data: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at:end]
        at = end
    yield data[at:]


def _sized(data: bytes, at: int, length: Callable[[int], int]) -> Iterator[bytes]:
    while at < len(data):
        size = length(at) if at + 8 <= len(data) else 0
        end = at + size if 8 <= size <= len(data) - at else len(data)
        yield data[at:end]
        at = end


def _riff(data: bytes, at: int) -> int:
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    return 8 + size + size % 2


def _checked(chunk: bytes) -> bytes:
    """A PNG chunk with the checksum of its content."""
    if len(chunk) < 12:
        return chunk
    return chunk[:-4] + struct.pack(">I", zlib.crc32(chunk[4:-4]))
