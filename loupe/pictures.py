"""Pictures of results: the analysed photo with what was found drawn on it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loupe.client.phone import Phone
from loupe.client.results import Result

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LINE: Final = (255, 176, 0)  # amber: seen on dark and on bright pictures
SHADOW: Final = (20, 20, 20)
THICKNESS: Final = 1 / 400  # of the longer side
TAG: Final = 1 / 50  # of the longer side: the height of a number
QUALITY: Final = 88  # JPEG


def save(phone: Phone, result: Result, folder: Path) -> list[Path]:
    """Write each photo's normalised copy, thumbnail and annotated copy, and what was drawn, below `folder`.

    Answers the files. Raises LoupeError where the pictures cannot be had, OSError where the folder cannot be written.
    """
    written: list[Path] = []
    for image in result.images:
        index = str(image["name"]).rpartition("/")[2]
        derived = image.get("derived") or {}
        if "normalized" not in derived:
            continue
        here = folder / result.job_id
        here.mkdir(parents=True, exist_ok=True)
        prefix = "" if len(result.images) == 1 else f"{index}-"
        normalized = phone.download(derived["normalized"])
        findings = [finding for finding in result.findings if str(finding.get("image", 0)) == index]
        pictures = {"annotated.jpg": annotate(normalized, findings), "normalized.jpg": normalized}
        if "thumbnail" in derived:
            pictures["thumbnail.webp"] = phone.download(derived["thumbnail"])
        for name, content in pictures.items():
            path = here / f"{prefix}{name}"
            path.write_bytes(content)
            written.append(path)
    return [*written, *_made(phone, result, folder / result.job_id)]


def _made(phone: Phone, result: Result, here: Path) -> Iterator[Path]:
    """What the analysis itself drew, by the names it gave."""
    for name, kept in ((result.reports.get("pictures") or {}).get("pictures") or {}).items():
        path = here / Path(name).name  # a name and no path, whoever gave it
        path.write_bytes(phone.download(kept["object"]))
        yield path


def annotate(jpeg: bytes, findings: Sequence[Mapping[str, Any]], *, longest: int | None = None) -> bytes:
    """The photo with a numbered box around each finding, at most `longest` pixels on its longer side, as JPEG."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as opened:
        picture = opened.convert("RGB")
    if longest is not None:
        picture.thumbnail((longest, longest))
    for number, finding in enumerate(findings, start=1):
        _draw(picture, str(number), finding["box"])
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def _draw(picture: Image, label: str, box: Mapping[str, float]) -> None:
    from PIL.ImageDraw import Draw

    width, height = picture.size
    line = max(2, round(max(width, height) * THICKNESS))
    left, top = float(box["left"]) * width - line, float(box["top"]) * height - line
    right, bottom = left + float(box["width"]) * width + 2 * line, top + float(box["height"]) * height + 2 * line
    draw = Draw(picture)
    around = (left - line, top - line, right + line, bottom + line)
    draw.rectangle(around, outline=SHADOW, width=3 * line)
    draw.rectangle((left, top, right, bottom), outline=LINE, width=line)
    _tag(draw, label, max(12, round(max(width, height) * TAG)), left, top)


def _tag(draw: ImageDraw, label: str, size: int, left: float, top: float) -> None:
    """The number, left of its box where there is room: above it is likely to be the next line of text."""
    from PIL import ImageFont

    font = ImageFont.load_default(size=size)
    _, _, text_width, _ = draw.textbbox((0, 0), label, font=font)
    tag_width, tag_height = text_width + size * 0.7, size * 1.3
    if left < tag_width:
        top -= tag_height
    x, y = max(0.0, left - tag_width), max(0.0, top)
    draw.rounded_rectangle((x, y, x + tag_width, y + tag_height), radius=size * 0.2, fill=LINE)
    draw.text((x + tag_width / 2, y + tag_height / 2), label, fill=SHADOW, font=font, anchor="mm")
