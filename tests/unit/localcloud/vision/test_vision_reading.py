"""Reading order, lines and words: drawn cases, and rules that hold for any pieces of text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localcloud.vision.reading import Piece, blocks


def piece(text: str, left: float, top: float, right: float, bottom: float) -> Piece:
    return Piece(text=text, corners=((left, top), (right, top), (right, bottom), (left, bottom)), confidence=0.9)


def read(*pieces: Piece) -> list[list[str]]:
    """The lines of each block."""
    found = blocks(pieces, width=1000, height=1000)
    return [[" ".join(word.text for word in line) for line in block.lines] for block in found]


def test_lines_below_each_other_are_one_block_from_top_to_bottom():
    assert read(piece("two", 10, 40, 90, 60), piece("one", 10, 10, 95, 30)) == [["one", "two"]]


def test_pieces_beside_each_other_are_one_line_from_left_to_right():
    assert read(piece("world", 100, 12, 180, 32), piece("hello", 10, 10, 90, 30)) == [["hello world"]]


def test_columns_are_read_one_after_the_other():
    left = [piece(f"a{row}", 10, 10 + 30 * row, 200, 30 + 30 * row) for row in range(3)]
    right = [piece(f"b{row}", 400, 12 + 30 * row, 600, 32 + 30 * row) for row in range(3)]
    mixed = [one for pair in zip(right, left, strict=True) for one in pair]
    assert read(*mixed) == [["a0", "a1", "a2"], ["b0", "b1", "b2"]]


def test_a_headline_is_a_block_of_its_own():
    assert read(piece("NEWS", 10, 10, 300, 90), piece("small print", 10, 95, 150, 110)) == [["NEWS"], ["small print"]]


def test_words_part_their_line_by_their_length():
    (block,) = blocks([piece("ab cdef", 0, 0, 66, 10)], width=1000, height=1000)
    (line,) = block.lines
    assert [word.text for word in line] == ["ab", "cdef"]
    assert line[0].quad[0] == (0, 0)
    assert line[0].quad[1][0] < line[1].quad[0][0]
    assert line[1].quad[2] == (66, 10)


def test_corners_outside_the_picture_are_moved_into_it():
    (block,) = blocks([piece("x", -5, -5, 1200, 1100)], width=1000, height=900)
    assert block.lines[0][0].quad == ((0, 0), (1000, 0), (1000, 900), (0, 900))


COORDINATES = st.floats(-50, 1050)
PIECES = st.lists(
    st.builds(
        piece, st.text(min_size=1, max_size=12).filter(str.strip), COORDINATES, COORDINATES, COORDINATES, COORDINATES
    ),
    max_size=12,
)


@given(PIECES)
def test_every_word_comes_out_once_and_inside_the_picture(pieces):
    words = [word for block in blocks(pieces, width=1000, height=800) for line in block.lines for word in line]
    assert sorted(word.text for word in words) == sorted(text for piece in pieces for text in piece.text.split())
    assert all(0 <= x <= 1000 and 0 <= y <= 800 for word in words for x, y in word.quad)


@given(PIECES)
def test_no_block_and_no_line_is_empty(pieces):
    found = blocks(pieces, width=1000, height=800)
    assert all(block.lines and all(block.lines) for block in found)


@given(st.permutations(range(6)))
def test_the_order_of_detection_does_not_matter(order):
    lines = [piece(f"line{row}", 10, 10 + 30 * row, 200, 30 + 30 * row) for row in range(6)]
    assert read(*(lines[row] for row in order)) == [[f"line{row}" for row in range(6)]]
