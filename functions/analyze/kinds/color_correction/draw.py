"""What people look at: before and after with the patches drawn, ΔE00 as bars, and where the patches lie in a*b*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .apply import jpeg
from .detect import CENTRES, Place
from .figure import Circle, Colour, Figure, Line, Photo, Rectangle, Shape, Text
from .rating import LIMITS
from .spaces import Floats, linear_to_srgb

GREY: Final = (110, 110, 110)
PALE: Final = (225, 225, 225)
BEFORE: Final = (170, 170, 170)
AFTER: Final = (0, 104, 168)
HALF: Final = 800  # pixels: the longer side of each of the two pictures
PATCH: Final = 0.41  # of a cell, from its middle: where a classic patch ends


def before_and_after(
    before: NDArray[np.uint8], after: NDArray[np.uint8], place: Place | None, reference: Floats | None
) -> Figure:
    """Two pictures (red first, the same size) side by side; on each patch its reference colour as a disc.

    `place` is in pixels of the pictures; `reference` is linear sRGB, 24 x 3.
    """
    height, width = before.shape[:2]
    upright = height > width * 0.8
    gap, head = 12.0, 30.0
    step = (width + gap, 0.0) if upright else (0.0, height + gap + head)
    shapes: list[Shape] = []
    for number, (title, picture) in enumerate((("before", before), ("after", after))):
        x, y = step[0] * number, step[1] * number + head
        shapes.append(Text(x=x + 4, y=y - head / 2, text=title, size=18, bold=True))
        shapes.append(Photo(x=x, y=y, width=width, height=height, jpeg=jpeg(_outlined(picture, place), 88)))
        if place is not None and reference is not None:
            shapes += _discs(place, reference, x, y)
    whole = {"width": width + step[0], "height": head + height + step[1]}
    return Figure(
        **whole,
        shapes=[
            Rectangle(x=0, y=0, **whole, fill=(255, 255, 255)),
            *shapes,
        ],
        title="The photo before and after the correction; the discs are the chart's reference colours",
    )


def difference_bars(names: Sequence[str], before: Floats, after: Floats, held_out: Floats, colours: Floats) -> Figure:
    """ΔE00 of each patch before (grey), after (blue) and left out of its own fit (mark); `colours` is linear sRGB."""
    row, left, width, top = 17.0, 132.0, 470.0, 46.0
    most = max(10.0, float(np.ceil(max(before.max(), after.max(), held_out.max()) / 5) * 5))
    scale = width / most
    height = top + row * len(names) + 16
    shapes: list[Shape] = [Rectangle(x=0, y=0, width=left + width + 60, height=height, fill=(255, 255, 255))]
    shapes.append(Text(x=10, y=14, text="CIEDE2000 by patch", size=13, bold=True))
    beside = left + 24  # the title ends before it
    legend = ((beside, BEFORE, "before"), (beside + 80, AFTER, "after"))
    for x, colour, text in legend:
        shapes += [Rectangle(x=x, y=9, width=12, height=10, fill=colour), Text(x=x + 17, y=14, text=text, size=11)]
    shapes += [
        Line(x1=beside + 156, y1=8, x2=beside + 156, y2=20, width=2.2),
        Text(x=beside + 164, y=14, text="left out", size=11),
    ]
    for limit, _ in LIMITS:
        x = left + limit * scale
        shapes.append(Line(x1=x, y1=top - 6, x2=x, y2=height - 12, colour=PALE, width=1.2))
        shapes.append(Text(x=x, y=top - 13, text=f"{limit:g}", size=9, colour=GREY, align="middle"))
    for number, name in enumerate(names):
        y = top + row * number
        shapes.append(Rectangle(x=10, y=y + 1, width=14, height=13, fill=_shown(colours[number])))
        shapes.append(Text(x=30, y=y + 7.5, text=name, size=10.5))
        shapes.append(Rectangle(x=left, y=y + 1, width=before[number] * scale, height=6, fill=BEFORE))
        shapes.append(Rectangle(x=left, y=y + 8, width=after[number] * scale, height=6, fill=AFTER))
        x = left + held_out[number] * scale
        shapes.append(Line(x1=x, y1=y + 6.5, x2=x, y2=y + 15.5, width=2.2))
        value = f"{after[number]:.1f}"
        shapes.append(Text(x=left + width + 50, y=y + 7.5, text=value, size=10, align="right", colour=GREY))
    return Figure(width=left + width + 60, height=height, shapes=shapes, title="ΔE00 of each patch")


def lab_scatter(reference: Floats, before: Floats, after: Floats, colours: Floats) -> Figure:
    """Patches in the a*b* plane (L*a*b*, 24 x 3 each): before (ring), after (disc), where they belong (cross)."""
    side, edge = 460.0, 40.0
    most = float(np.ceil(max(60.0, np.abs(np.stack([reference, before, after])[..., 1:]).max()) / 20) * 20)
    scale = (side / 2 - edge) / most
    middle = side / 2 + 10

    def at(lab: Floats) -> tuple[float, float]:
        return middle + float(lab[1]) * scale, middle + 12 - float(lab[2]) * scale

    shapes: list[Shape] = [Rectangle(x=0, y=0, width=side + 20, height=side + 40, fill=(255, 255, 255))]
    shapes.append(Text(x=10, y=14, text="a*b*: ring before, disc after, cross reference", size=13, bold=True))
    for value in np.arange(-most, most + 1, 20):
        offset = float(value) * scale
        colour = GREY if value == 0 else PALE
        ends = (middle - most * scale, middle + most * scale)
        shapes.append(Line(x1=middle + offset, y1=ends[0] + 12, x2=middle + offset, y2=ends[1] + 12, colour=colour))
        shapes.append(Line(x1=ends[0], y1=middle + 12 - offset, x2=ends[1], y2=middle + 12 - offset, colour=colour))
        if value in {-most, most}:
            shapes.append(
                Text(x=middle + offset, y=ends[1] + 24, text=f"{value:g}", size=9, colour=GREY, align="middle")
            )
            shapes.append(
                Text(x=ends[0] - 6, y=middle + 12 - offset, text=f"{value:g}", size=9, colour=GREY, align="right")
            )
    shapes.append(Text(x=middle + most * scale + 14, y=middle + 12, text="a*", size=11, align="middle"))
    shapes.append(Text(x=middle, y=middle - most * scale + 2, text="b*", size=11, align="middle"))
    for n in range(len(reference)):
        (x_1, y_1), (x_2, y_2), (x, y) = at(before[n]), at(after[n]), at(reference[n])
        shapes.append(Line(x1=x_1, y1=y_1, x2=x_2, y2=y_2, colour=BEFORE))
        shapes.append(Circle(x=x_1, y=y_1, radius=4, outline=GREY, line=1.2))
        shapes.append(Circle(x=x_2, y=y_2, radius=5, fill=_shown(colours[n]), outline=(60, 60, 60), line=0.8))
        shapes.append(Line(x1=x - 4, y1=y, x2=x + 4, y2=y, width=1.4))
        shapes.append(Line(x1=x, y1=y - 4, x2=x, y2=y + 4, width=1.4))
    return Figure(width=side + 20, height=side + 40, shapes=shapes, title="The patches in the a*b* plane")


def _outlined(picture: NDArray[np.uint8], place: Place | None) -> NDArray[np.uint8]:
    """The picture with a thin line around each patch, bright beside dark, so that it is seen on any colour."""
    if place is None:
        return picture
    drawn = np.ascontiguousarray(picture)
    square = np.array([(-PATCH, -PATCH), (PATCH, -PATCH), (PATCH, PATCH), (-PATCH, PATCH)])
    outlines = [np.round(place.points(centre + square) * 8).astype(np.int32) for centre in CENTRES]
    for colour, thickness in (((20, 20, 20), 3), ((255, 255, 255), 1)):
        cv2.polylines(drawn, outlines, isClosed=True, color=colour, thickness=thickness, lineType=cv2.LINE_AA, shift=3)
    return drawn


def _discs(place: Place, reference: Floats, x: float, y: float) -> list[Shape]:
    radius = place.patch_side() * 0.16
    return [
        Circle(x=x + float(px), y=y + float(py), radius=radius, fill=_shown(colour), outline=(255, 255, 255), line=1)
        for (px, py), colour in zip(place.points(CENTRES), reference, strict=True)
    ]


def _shown(linear: Floats) -> Colour:
    red, green, blue = (round(float(value) * 255) for value in linear_to_srgb(linear))
    return red, green, blue
