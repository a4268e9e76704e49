"""From findings to the messages of the Vision API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from localcloud.vision.findings import Block, Findings, Point, Word
from localcloud.vision.wire import AnnotateImageResponse, TextAnnotation

Break: Final = TextAnnotation.DetectedBreak.BreakType


def fill_text(answer: Any, findings: Findings) -> None:
    """`text_annotations` (the whole text, then its words) and `full_text_annotation`; nothing where there is no text.

    Words have boxes; symbols have none, because nothing measures them.
    """
    words = [word for block in findings.text for line in block.lines for word in line]
    if not words:
        return
    whole = "\n".join(_line(line) for block in findings.text for line in block.lines)
    everything = answer.text_annotations.add(description=whole)
    _add_vertices(everything, _hull(words))
    for word in words:
        _add_vertices(answer.text_annotations.add(description=word.text), word.quad)
    full = answer.full_text_annotation
    full.text = whole
    page = full.pages.add(width=findings.width, height=findings.height, confidence=_mean(words))
    for block in findings.text:
        _fill_block(page.blocks.add(), block)


def fill_colours(answer: Any, findings: Findings) -> None:
    """`image_properties_annotation`."""
    colours = answer.image_properties_annotation.dominant_colors.colors
    for found in findings.colours:
        colour = colours.add(score=found.score, pixel_fraction=found.pixel_fraction)
        colour.color.red, colour.color.green, colour.color.blue = found.red, found.green, found.blue


def fill_safe_search(answer: Any, _findings: Findings) -> None:
    """`safe_search_annotation` with UNKNOWN everywhere, which is what is known without a model."""
    answer.safe_search_annotation.SetInParent()


def fill_nothing(_answer: Any, _findings: Findings) -> None:
    """For features that no engine serves."""


Fill = Callable[[Any, Findings], None]


def empty() -> Any:
    """An AnnotateImageResponse with nothing in it, as a plain protobuf message."""
    return AnnotateImageResponse.pb()()


def _fill_block(message: Any, block: Block) -> None:
    words = [word for line in block.lines for word in line]
    message.block_type = 1  # TEXT
    paragraph = message.paragraphs.add(confidence=_mean(words))
    message.confidence = paragraph.confidence
    for part in (message, paragraph):
        _add_vertices(part, _hull(words), "bounding_box")
    for line in block.lines:
        for word in line:
            end = Break.SPACE if word is not line[-1] else Break.EOL_SURE_SPACE
            if word is words[-1]:
                end = Break.LINE_BREAK
            _fill_word(paragraph.words.add(confidence=word.confidence), word, end)


def _fill_word(message: Any, word: Word, end: int) -> None:
    _add_vertices(message, word.quad, "bounding_box")
    for character in word.text:
        symbol = message.symbols.add(text=character, confidence=word.confidence)
    symbol.property.detected_break.type_ = end


def _add_vertices(message: Any, points: Iterable[Point], name: str = "bounding_poly") -> None:
    vertices = getattr(message, name).vertices
    for x, y in points:
        vertices.add(x=x, y=y)


def _hull(words: Iterable[Word]) -> tuple[Point, ...]:
    points = [point for word in words for point in word.quad]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _mean(words: list[Word]) -> float:
    return sum(word.confidence for word in words) / len(words)


def _line(line: list[Word]) -> str:
    return " ".join(word.text for word in line)
