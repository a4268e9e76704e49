"""What goes through the pipes between the guard and its children.

A frame is four bytes of length, big-endian, and as many bytes of payload. The guard sends one `Task` as MessagePack,
then payloads as they are. The child answers the task with an empty frame when it is ready, then each payload with one
frame; what is in those two is between the task and whoever asks for it.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

HEADER: Final = struct.Struct(">I")
LARGEST_FRAME: Final = 64 * 2**20
OUT_OF_MEMORY: Final = 12  # the exit status of a child that could not even say so


def read_frame(source: BinaryIO) -> bytes | None:
    """The next payload; None at the end, also in the middle of a frame: the other side is gone."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    payload = source.read(length)
    return payload if len(payload) == length else None


def write_frame(sink: BinaryIO, payload: bytes) -> None:
    """Send one payload. Raises BrokenPipeError if the other side is gone."""
    sink.write(HEADER.pack(len(payload)))
    sink.write(payload)
    sink.flush()
