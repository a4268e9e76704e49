"""What goes to the engine's process and what comes back, as length-prefixed MessagePack."""

from __future__ import annotations

from typing import Final

import msgspec

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
LENGTH: Final = 4  # bytes of the big-endian length before every message

Point = tuple[int, int]
Quad = tuple[Point, Point, Point, Point]  # clockwise as the text is read, from its top left; pixels of the image


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word and where it stands. `confidence` is 0 to 1."""

    text: str
    quad: Quad
    confidence: float


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of words that belong together, in reading order."""

    lines: list[list[Word]]


class Colour(msgspec.Struct, frozen=True, kw_only=True):
    """A dominant colour: sRGB 0 to 255, its share of the pixels 0 to 1, and its prominence 0 to 1."""

    red: float
    green: float
    blue: float
    score: float
    pixel_fraction: float


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """An image and the engines to run on it. Without an image the engines are only made ready."""

    engines: list[str]
    content: bytes | None = None


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the engines found in the image, upright; `bad` if it is no image that can be read."""

    width: int = 0
    height: int = 0
    bad: bool = False
    text: list[Block] = []
    colours: list[Colour] = []


def framed(message: Task | Findings) -> bytes:
    """The message with its length before it."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH, "big") + body
