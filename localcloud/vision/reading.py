"""From pieces of text that a detector found to blocks, lines and words in reading order. Pure arithmetic."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Final

from localcloud.vision.findings import Block, Point, Quad, Word

GAP_IN_LINE: Final = 1.5  # heights between two pieces of one line
GAP_BETWEEN_LINES: Final = 0.8  # heights between two lines of one block
SAME_SIZE: Final = 2.0  # lines of one block differ in height at most by this factor
NARROW: Final = frozenset("iljtfrI1.,:;'!|()[] ")


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Text in one stroke of the detector: its four corners in reading direction, from the text's top left."""

    text: str
    corners: tuple[tuple[float, float], ...]
    confidence: float

    @cached_property
    def left(self) -> float:
        """Leftmost x."""
        return min(x for x, _ in self.corners)

    @cached_property
    def right(self) -> float:
        """Rightmost x."""
        return max(x for x, _ in self.corners)

    @cached_property
    def top(self) -> float:
        """Topmost y."""
        return min(y for _, y in self.corners)

    @cached_property
    def bottom(self) -> float:
        """Bottommost y."""
        return max(y for _, y in self.corners)

    @cached_property
    def height(self) -> float:
        """At least one pixel."""
        return max(self.bottom - self.top, 1.0)


def blocks(pieces: Sequence[Piece], *, width: int, height: int) -> list[Block]:
    """Pieces as blocks from top to bottom; corners are rounded into the picture of `width` x `height` pixels."""
    groups = {rows[0][0]: rows for rows in map(_rows, _groups(pieces))}
    first = [piece for row in _rows(list(groups)) for piece in row]
    return [
        Block(lines=[[word for piece in row for word in _words(piece, width, height)] for row in groups[piece]])
        for piece in first
    ]


def _groups(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Pieces that hang together, over any number of neighbours."""
    left = list(pieces)
    while left:
        group = [left.pop(0)]
        for member in group:  # grows while it is walked
            near = [_neighbours(member, piece) for piece in left]
            group += compress(left, near)
            left = [piece for piece, is_near in zip(left, near, strict=True) if not is_near]
        yield group


def _neighbours(a: Piece, b: Piece) -> bool:
    small, large = sorted((a.height, b.height))
    if large > SAME_SIZE * small:
        return False
    beside = max(a.left, b.left) - min(a.right, b.right)
    above = max(a.top, b.top) - min(a.bottom, b.bottom)
    in_line = above < -0.5 * small and beside < GAP_IN_LINE * small
    stacked = beside < 0 and above < GAP_BETWEEN_LINES * small
    return in_line or stacked


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces line by line: a line's pieces have their middle between the top and the bottom of its first one."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.top + piece.bottom, piece.left)):
        middle = (piece.top + piece.bottom) / 2
        if rows and middle < rows[-1][0].bottom - 0.25 * rows[-1][0].height:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _words(piece: Piece, width: int, height: int) -> Iterator[Word]:
    """The piece's words; where each begins and ends is reckoned from the widths that its characters usually have."""
    total = sum(map(_advance, piece.text)) or 1.0
    position = 0.0
    word, begin = "", 0.0
    for character in f"{piece.text} ":
        if not character.isspace():
            begin = begin if word else position
            word += character
        elif word:
            quad = _cut(piece, begin / total, min(position / total, 1.0), width, height)
            yield Word(text=word, quad=quad, confidence=piece.confidence)
            word = ""
        position += _advance(character)


def _advance(character: str) -> float:
    """How wide a character usually is, in widths of an ordinary letter."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.7
    if character in NARROW:
        return 0.55
    return 1.35 if character in "mwMW@%" else 1.0


def _cut(piece: Piece, begin: float, end: float, width: int, height: int) -> Quad:
    """The part of a piece between two fractions of its length."""
    top_left, top_right, bottom_right, bottom_left = piece.corners

    def point(a: tuple[float, float], b: tuple[float, float], share: float) -> Point:
        x = a[0] + (b[0] - a[0]) * share
        y = a[1] + (b[1] - a[1]) * share
        return min(max(round(x), 0), width), min(max(round(y), 0), height)

    return (
        point(top_left, top_right, begin),
        point(top_left, top_right, end),
        point(bottom_left, bottom_right, end),
        point(bottom_left, bottom_right, begin),
    )
