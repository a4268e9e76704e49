"""The report of a correction, as one HTML page without anything outside of it, and as PDF."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup

from .figure import Figure, Shape, Text, data_uri, pdf, pixels, placed, svg

TEMPLATE: Final = Path(__file__).with_name("report.html.j2")
PAGE: Final = (595.0, 842.0)  # A4, in points
MARGIN: Final = 42.0
GREY: Final = (100, 100, 100)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A patch in the table, in words."""

    name: str
    hex: str
    reference: str
    before: str
    after: str
    de_before: str
    de_after: str
    de_held_out: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says: a verdict, what it means, the main numbers, warnings, drawings, patches, and the facts."""

    verdict: str
    lead: str
    numbers: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    comparison: Figure
    drawings: Sequence[Figure]
    rows: Sequence[Row]
    facts: Sequence[tuple[str, str]]


def html(report: Report, comparison: bytes) -> bytes:
    """The page; `comparison` is the picture of before and after as JPEG."""
    drawings = [{"title": drawing.title, "svg": Markup(svg(drawing))} for drawing in report.drawings]  # noqa: S704 - ours
    fields: Mapping[str, Any] = {name: getattr(report, name) for name in report.__struct_fields__}
    shown = {**fields, "drawings": drawings, "comparison": data_uri(comparison, "image/jpeg")}
    return _template().render(shown).encode()


def document(report: Report) -> bytes:
    """The same as PDF, on A4."""
    return pdf([_front(report), *_drawn(report), _facts(report)], 1.0, title=f"Colour correction: {report.verdict}")


def comparison_picture(figure: Figure) -> bytes:
    """The picture of before and after as JPEG."""
    return pixels(figure, 1.0, "JPEG")


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _front(report: Report) -> Figure:
    shapes: list[Shape] = [Text(x=MARGIN, y=58, text=f"Colour correction: {report.verdict}", size=20, bold=True)]
    y = 82.0
    y = _paragraph(shapes, report.lead, y)
    y += 12
    step = (PAGE[0] - 2 * MARGIN) / max(1, len(report.numbers))
    for number, (value, name) in enumerate(report.numbers):
        shapes.append(Text(x=MARGIN + step * number, y=y + 8, text=value, size=18, bold=True))
        shapes.append(Text(x=MARGIN + step * number, y=y + 26, text=name, size=8.5, colour=GREY))
    y += 46
    for warning in report.warnings:
        y = _paragraph(shapes, f"Note: {warning}", y)
    y += 8
    shapes += _fitted(report.comparison, y, PAGE[1] - MARGIN - y)
    return _page(shapes)


def _drawn(report: Report) -> list[Figure]:
    """The drawings, two to a page."""
    room = (PAGE[1] - 3 * MARGIN) / 2
    return [
        _page([shape for n, one in enumerate(some) for shape in _fitted(one, MARGIN + n * (room + MARGIN), room)])
        for some in (report.drawings[start : start + 2] for start in range(0, len(report.drawings), 2))
    ]


def _facts(report: Report) -> Figure:
    shapes: list[Shape] = [Text(x=MARGIN, y=58, text="How it was made", size=14, bold=True)]
    y = 86.0
    for name, value in report.facts:
        shapes.append(Text(x=MARGIN, y=y, text=name, size=9.5, colour=GREY))
        for line in textwrap.wrap(value, 78) or [""]:
            shapes.append(Text(x=MARGIN + 118, y=y, text=line, size=9.5))
            y += 14
        y += 4
    return _page(shapes)


def _paragraph(shapes: list[Shape], text: str, y: float) -> float:
    for line in textwrap.wrap(text, 96):
        shapes.append(Text(x=MARGIN, y=y, text=line, size=10.5))
        y += 15
    return y


def _fitted(figure: Figure, y: float, height: float) -> list[Shape]:
    scale = min((PAGE[0] - 2 * MARGIN) / figure.width, height / figure.height)
    return placed(figure, MARGIN, y, scale)


def _page(shapes: Sequence[Shape]) -> Figure:
    return Figure(width=PAGE[0], height=PAGE[1], shapes=shapes)
