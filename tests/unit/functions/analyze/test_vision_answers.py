"""Reading a Vision answer: lines of text as fractions of the picture, colours by their share."""

from __future__ import annotations

from google.cloud import vision

from functions.analyze.vision import MAX_COLORS, dominant, lines

Break = vision.TextAnnotation.DetectedBreak.BreakType


def word(text: str, left: int, ending: Break, *, top: int = 10) -> vision.Word:
    corners = [(left, top), (left + 50, top), (left + 50, top + 20), (left, top + 20)]
    symbols = [vision.Symbol(text=letter) for letter in text]
    symbols[-1].property = vision.TextAnnotation.TextProperty(
        detected_break=vision.TextAnnotation.DetectedBreak(type_=ending)
    )
    vertices = [vision.Vertex(x=x, y=y) for x, y in corners]
    return vision.Word(symbols=symbols, bounding_box=vision.BoundingPoly(vertices=vertices), confidence=0.8)


def annotation(*words: vision.Word):
    paragraph = vision.Paragraph(words=list(words))
    page = vision.Page(blocks=[vision.Block(paragraphs=[paragraph])])
    return vision.TextAnnotation.pb(vision.TextAnnotation(pages=[page]))


def test_words_are_joined_to_lines_where_vision_found_a_lines_end():
    text = annotation(
        word("NO", 0, Break.SPACE), word("PARKING", 60, Break.LINE_BREAK), word("here", 0, Break.LINE_BREAK, top=40)
    )
    found = list(lines(text, 200, 100))
    assert [line.text for line in found] == ["NO PARKING", "here"]
    assert (found[0].box.left, found[0].box.top, found[0].box.width, found[0].box.height) == (0.0, 0.1, 0.55, 0.2)
    assert found[0].score == 0.8


def test_a_last_line_without_a_break_is_not_lost():
    assert [line.text for line in lines(annotation(word("A", 0, Break.UNKNOWN)), 100, 100)] == ["A"]


def test_boxes_that_reach_out_of_the_picture_are_cut_at_its_edges():
    (line,) = lines(annotation(word("A", 980, Break.LINE_BREAK, top=-5)), 1000, 100)
    assert line.box.left + line.box.width == 1.0
    assert line.box.top == 0.0


def test_no_text_gives_no_lines():
    assert list(lines(annotation(), 10, 10)) == []


def test_colours_come_largest_first_and_within_their_range():
    def info(red: float, share: float) -> vision.ColorInfo:
        return vision.ColorInfo(color={"red": red, "green": 0, "blue": 300}, pixel_fraction=share)

    found = vision.ImageProperties(
        dominant_colors=vision.DominantColorsAnnotation(colors=[info(10, 0.1), info(200.4, 0.7), *[info(1, 0.01)] * 20])
    )
    colors = list(dominant(vision.ImageProperties.pb(found)))
    assert (colors[0].hex, colors[0].share) == ("#c800ff", 0.7)
    assert len(colors) == MAX_COLORS
