"""Drawings as a list of shapes, written as SVG, PNG or PDF. Measures are in any unit; y goes down, as in pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

import msgspec

Colour = tuple[int, int, int]
BLACK: Final = (20, 20, 20)
MIDDLE: Final = 0.36  # of a font's size: from the middle of its capitals to the line that they stand on


class Rectangle(msgspec.Struct, frozen=True, kw_only=True):
    """A filled rectangle; `outline` has the width `line`."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour | None = None
    outline: Colour | None = None
    line: float = 0.0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: Colour = BLACK
    width: float = 1.0


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """A filled circle with an outline."""

    x: float
    y: float
    radius: float
    fill: Colour | None = None
    outline: Colour | None = None
    line: float = 0.0


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A line of text; `y` is the middle of its capitals."""

    x: float
    y: float
    text: str
    size: float
    colour: Colour = BLACK
    align: Literal["left", "middle", "right"] = "left"
    bold: bool = False


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A JPEG picture in a rectangle."""

    x: float
    y: float
    width: float
    height: float
    jpeg: bytes


Shape = Rectangle | Line | Circle | Text | Photo


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing of `width` x `height` units."""

    width: float
    height: float
    shapes: Sequence[Shape]
    title: str = ""


def placed(figure: Figure, x: float, y: float, scale: float) -> list[Shape]:
    """The shapes of a drawing, to be put into another one at (x, y), `scale` of its units to one of theirs."""
    return [_moved(shape, x, y, scale) for shape in figure.shapes]


def svg(figure: Figure, unit: str = "") -> str:
    """The drawing as SVG, `unit` (`mm`, say) to a unit; without one it is as wide as there is room."""
    size = f'width="{figure.width:g}{unit}" height="{figure.height:g}{unit}" ' if unit else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}viewBox="0 0 {figure.width:g} {figure.height:g}" role="img" '
        f'aria-label={quoteattr(figure.title)} font-family="Helvetica, Arial, sans-serif">'
    )
    return "\n".join((head, *(_svg(shape) for shape in figure.shapes), "</svg>\n"))


def png(figure: Figure, scale: float) -> bytes:
    """The drawing as PNG, `scale` pixels to a unit."""
    return pixels(figure, scale, "PNG")


def pixels(figure: Figure, scale: float, encoder: Literal["PNG", "JPEG"], quality: int = 88) -> bytes:
    """The drawing as PNG or JPEG in sRGB, `scale` pixels to a unit."""
    from PIL import Image, ImageDraw

    from .apply import srgb_icc

    canvas = Image.new("RGB", (round(figure.width * scale), round(figure.height * scale)), "white")
    draw = ImageDraw.Draw(canvas)
    for shape in figure.shapes:
        _paint(canvas, draw, shape, scale)
    made = io.BytesIO()
    canvas.save(made, encoder, icc_profile=srgb_icc(), dpi=(25.4 * scale, 25.4 * scale), quality=quality)
    return made.getvalue()


def pdf(pages: Sequence[Figure], points: float, *, title: str) -> bytes:
    """The drawings as pages of a PDF, `points` (1/72 inch) to a unit. The same drawings give the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    canvas = Canvas(made, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    canvas.setCreator("Loupe")
    for page in pages:
        canvas.setPageSize((page.width * points, page.height * points))
        # Up is up in PDF; everything is put there by its distance from the bottom.
        for shape in page.shapes:
            _print(canvas, shape, page.height, points)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def _moved(shape: Shape, x: float, y: float, scale: float) -> Shape:
    if isinstance(shape, Line):
        return Line(
            x1=x + shape.x1 * scale,
            y1=y + shape.y1 * scale,
            x2=x + shape.x2 * scale,
            y2=y + shape.y2 * scale,
            colour=shape.colour,
            width=shape.width * scale,
        )
    lengths = {"width", "height", "radius", "size", "line"} & set(shape.__struct_fields__)
    measures = {name: getattr(shape, name) * scale for name in lengths}
    return msgspec.structs.replace(shape, x=x + shape.x * scale, y=y + shape.y * scale, **measures)


def _svg(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        box = f'x="{shape.x:.6g}" y="{shape.y:.6g}" width="{shape.width:.6g}" height="{shape.height:.6g}"'
        return f"<rect {box} {_svg_paint(shape.fill, shape.outline, shape.line)}/>"
    if isinstance(shape, Line):
        ends = f'x1="{shape.x1:.6g}" y1="{shape.y1:.6g}" x2="{shape.x2:.6g}" y2="{shape.y2:.6g}"'
        return f"<line {ends} {_svg_paint(None, shape.colour, shape.width)}/>"
    if isinstance(shape, Circle):
        circle = f'cx="{shape.x:.6g}" cy="{shape.y:.6g}" r="{shape.radius:.6g}"'
        return f"<circle {circle} {_svg_paint(shape.fill, shape.outline, shape.line)}/>"
    if isinstance(shape, Text):
        anchor = {"left": "start", "middle": "middle", "right": "end"}[shape.align]
        weight = ' font-weight="bold"' if shape.bold else ""
        place = f'x="{shape.x:.6g}" y="{shape.y + MIDDLE * shape.size:.6g}" font-size="{shape.size:.6g}"'
        return f'<text {place} text-anchor="{anchor}" fill="{_hex(shape.colour)}"{weight}>{escape(shape.text)}</text>'
    box = f'x="{shape.x:.6g}" y="{shape.y:.6g}" width="{shape.width:.6g}" height="{shape.height:.6g}"'
    return f'<image {box} href="{data_uri(shape.jpeg, "image/jpeg")}"/>'


def _svg_paint(fill: Colour | None, outline: Colour | None, line: float) -> str:
    inside = _hex(fill) if fill else "none"
    return f'fill="{inside}"' + (f' stroke="{_hex(outline)}" stroke-width="{line:.6g}"' if outline else "")


def data_uri(data: bytes, media_type: str) -> str:
    """`data` as an address that needs no network."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _paint(canvas: object, draw: object, shape: Shape, scale: float) -> None:
    from PIL import Image, ImageFont
    from PIL.ImageDraw import ImageDraw

    assert isinstance(canvas, Image.Image)  # noqa: S101 - made by `pixels`
    assert isinstance(draw, ImageDraw)  # noqa: S101 - made by `pixels`
    if isinstance(shape, Rectangle):
        left, top = round(shape.x * scale), round(shape.y * scale)
        right, bottom = round((shape.x + shape.width) * scale) - 1, round((shape.y + shape.height) * scale) - 1
        if right >= left and bottom >= top:
            line = max(1, round(shape.line * scale))
            draw.rectangle((left, top, right, bottom), fill=shape.fill, outline=shape.outline, width=line)
    elif isinstance(shape, Line):
        ends = tuple(round(value * scale) for value in (shape.x1, shape.y1, shape.x2, shape.y2))
        draw.line(ends, fill=shape.colour, width=max(1, round(shape.width * scale)))
    elif isinstance(shape, Circle):
        middle = (shape.x * scale, shape.y * scale)
        line = max(1, round(shape.line * scale))
        draw.circle(middle, shape.radius * scale, fill=shape.fill, outline=shape.outline, width=line)
    elif isinstance(shape, Text):
        font = ImageFont.load_default(size=max(8.0, shape.size * scale))
        anchor = {"left": "lm", "middle": "mm", "right": "rm"}[shape.align]
        bold = shape.size * scale / 30 if shape.bold else 0
        place = (shape.x * scale, shape.y * scale)
        draw.text(place, shape.text, fill=shape.colour, font=font, anchor=anchor, stroke_width=bold)
    else:
        size = (max(1, round(shape.width * scale)), max(1, round(shape.height * scale)))
        with Image.open(io.BytesIO(shape.jpeg)) as opened:
            picture = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        canvas.paste(picture, (round(shape.x * scale), round(shape.y * scale)))


def _print(canvas: object, shape: Shape, height: float, points: float) -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    assert isinstance(canvas, Canvas)  # noqa: S101 - made by `pdf`
    if isinstance(shape, Text):
        canvas.setFillColorRGB(*(value / 255 for value in shape.colour))
        canvas.setFont("Helvetica-Bold" if shape.bold else "Helvetica", shape.size * points)
        at = (shape.x * points, (height - shape.y - MIDDLE * shape.size) * points)
        write = {"left": canvas.drawString, "middle": canvas.drawCentredString, "right": canvas.drawRightString}
        write[shape.align](*at, shape.text)
        return
    if isinstance(shape, Photo):
        place = (shape.x * points, (height - shape.y - shape.height) * points)
        canvas.drawImage(ImageReader(io.BytesIO(shape.jpeg)), *place, shape.width * points, shape.height * points)
        return
    fill = None if isinstance(shape, Line) else shape.fill
    outline = shape.colour if isinstance(shape, Line) else shape.outline
    canvas.setLineWidth((shape.width if isinstance(shape, Line) else shape.line) * points)
    if fill is not None:
        canvas.setFillColorRGB(*(value / 255 for value in fill))
    if outline is not None:
        canvas.setStrokeColorRGB(*(value / 255 for value in outline))
    inked = {"stroke": int(outline is not None), "fill": int(fill is not None)}
    if isinstance(shape, Line):
        canvas.line(shape.x1 * points, (height - shape.y1) * points, shape.x2 * points, (height - shape.y2) * points)
    elif isinstance(shape, Circle):
        canvas.circle(shape.x * points, (height - shape.y) * points, shape.radius * points, **inked)
    else:
        box = (shape.x * points, (height - shape.y - shape.height) * points)
        canvas.rect(*box, shape.width * points, shape.height * points, **inked)
