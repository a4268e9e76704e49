"""The table of confusions as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

CELL: Final = 64
MARGIN: Final = 90
INK: Final = (30, 34, 40)
FULL: Final = (23, 92, 148)  # of a cell that holds its whole row


def picture(table: Sequence[Sequence[int]], labels: Sequence[str], title: str) -> Image.Image:
    """Rows: what it is; columns: what was answered. Darker: a larger share of the row."""
    side = MARGIN + CELL * len(labels) + 20
    image = Image.new("RGB", (side, side + 30), "white")
    draw = ImageDraw.Draw(image)
    small, large = ImageFont.load_default(size=14), ImageFont.load_default(size=16)
    draw.text((side / 2, 18), title, fill=INK, font=large, anchor="mm")
    draw.text((MARGIN + CELL * len(labels) / 2, side + 12), "answered", fill=INK, font=small, anchor="mm")
    for row, (label, counts) in enumerate(zip(labels, table, strict=True)):
        top = 40 + CELL * row
        draw.text((MARGIN - 10, top + CELL / 2), label, fill=INK, font=small, anchor="rm")
        draw.text((MARGIN + CELL * (row + 0.5), 40 + CELL * len(labels) + 14), label, fill=INK, font=small, anchor="mm")
        for column, count in enumerate(counts):
            _cell(draw, small, (MARGIN + CELL * column, top), count, count / max(1, sum(counts)))
    return image


def _cell(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    corner: tuple[int, int],
    count: int,
    share: float,
) -> None:
    fill = tuple(round(255 + (full - 255) * share) for full in FULL)
    left, top = corner
    draw.rectangle((left, top, left + CELL - 2, top + CELL - 2), fill=fill)
    ink = "white" if share > 0.5 else INK
    draw.text((left + CELL / 2, top + CELL / 2), str(count), fill=ink, font=font, anchor="mm")
