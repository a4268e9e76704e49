"""Loupe's own card as drawings: the card itself, and a page that says how to print and use it."""

from __future__ import annotations

from typing import Final, Literal

from .card import GRID_TO_CARD, HEIGHT, MARKER, MARKERS, WIDTH, marker_cells, patch_boxes
from .figure import Figure, Rectangle, Shape, Text, pdf, png, svg
from .references import OWN, charts, patch_names, reference_lab

POINTS: Final = 72 / 25.4  # to a millimetre
PIXELS: Final = 300 / 25.4  # to a millimetre: 300 dpi
GREY: Final = (90, 90, 90)
INSTRUCTIONS: Final = (
    "1. Print at 100 % (no scaling to fit) on matt, white, uncoated or photo-matt paper. Glossy paper reflects.",
    "2. Choose the printer's best quality and sRGB; turn off colour enhancement. Let the print dry for an hour.",
    "3. Check the size: a patch measures 20 mm. Cut along the edge of the card and keep it in the dark: prints fade.",
    "4. Lay it flat beside the subject, in the same light, whole in the picture, with nothing lying on it.",
    "5. Send the photo with kind color_correction. The card is found by its four markers.",
    "A print is as right as its printer: on an office printer, colours may be off by several ΔE.",
    "For measurements, use a manufactured chart (ColorChecker Classic, Mini or Passport), which Loupe finds as well.",
)


def card_figure() -> Figure:
    """The card, in millimetres."""
    shapes: list[Shape] = [Rectangle(x=0, y=0, width=WIDTH, height=HEIGHT, fill=(255, 255, 255))]
    for identity, (left, top) in MARKERS.items():
        cell = MARKER / 6
        shapes.append(Rectangle(x=left, y=top, width=MARKER, height=MARKER, fill=(0, 0, 0)))
        shapes += [
            Rectangle(x=left + column * cell, y=top + row * cell, width=cell, height=cell, fill=(255, 255, 255))
            for row, cells in enumerate(marker_cells(identity))
            for column, white in enumerate(cells)
            if white
        ]
    colours = charts()[OWN].srgb
    assert colours is not None  # noqa: S101 - charts.json gives the own card in sRGB
    for (left, top, side), colour in zip(patch_boxes(), colours, strict=True):
        shapes.append(Rectangle(x=left, y=top, width=side, height=side, fill=colour))
    middle = float(GRID_TO_CARD[0, 2] + 3 * GRID_TO_CARD[0, 0])
    shapes.append(Text(x=middle, y=14, text="Loupe colour card", size=5, colour=GREY, align="middle", bold=True))
    shapes.append(
        Text(x=middle, y=HEIGHT - 14, text="print at 100 %: a patch is 20 mm", size=3.4, colour=GREY, align="middle")
    )
    return Figure(width=WIDTH, height=HEIGHT, shapes=shapes, title="Loupe colour card")


def instructions_figure() -> Figure:
    """An A4 page in millimetres: how to print the card, and what its patches are."""
    shapes: list[Shape] = [Text(x=18, y=20, text="Loupe colour card: how to use it", size=6, bold=True)]
    shapes += [Text(x=18, y=32 + 7 * n, text=line, size=3.4) for n, line in enumerate(INSTRUCTIONS)]
    top = 92.0
    columns = ((18, "patch"), (62, "sRGB"), (100, "L*"), (122, "a*"), (144, "b*"))
    head = "Reference values (L*a*b*: D50, CIE 1931 2° observer)"
    shapes.append(Text(x=18, y=top - 9, text=head, size=3.8, bold=True))
    shapes += [Text(x=x, y=top - 1, text=name, size=3.2, colour=GREY) for x, name in columns]
    colours = charts()[OWN].srgb
    assert colours is not None  # noqa: S101 - charts.json gives the own card in sRGB
    for number, (name, colour, lab) in enumerate(zip(patch_names(), colours, reference_lab(OWN), strict=True)):
        y = top + 6 + 7 * number
        shapes.append(Rectangle(x=170, y=y - 2.8, width=14, height=5.6, fill=colour))
        values = (name, " ".join(map(str, colour)), *(f"{value + 0.0:.2f}".replace("-0.00", "0.00") for value in lab))
        shapes += [Text(x=x, y=y, text=value, size=3.2) for (x, _), value in zip(columns, values, strict=True)]
    return Figure(width=210, height=297, shapes=shapes, title="Loupe colour card: how to use it")


def card_file(kind: Literal["pdf", "png", "svg"]) -> bytes:
    """The card as a file. The PDF has the instructions on its second page."""
    if kind == "pdf":
        return pdf((card_figure(), instructions_figure()), POINTS, title="Loupe colour card")
    if kind == "png":
        return png(card_figure(), PIXELS)
    return svg(card_figure(), "mm").encode()
