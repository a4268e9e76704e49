"""Pictures of results: the analysed photo with what was found drawn on it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loupe.client.phone import Phone
from loupe.client.results import Result

if TYPE_CHECKING:
    from PIL.Image import Image

LINE: Final = (255, 176, 0)  # amber: seen on dark and on bright pictures
SHADOW: Final = (20, 20, 20)
THICKNESS: Final = 1 / 400  # of the longer side
QUALITY: Final = 88  # JPEG


def save(phone: Phone, result: Result, folder: Path) -> list[Path]:
    """Write each photo's normalised copy, thumbnail and annotated copy below `folder`; answers the files.

    Raises LoupeError where the pictures cannot be had, OSError where the folder cannot be written.
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
    return written


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
    from PIL import ImageDraw, ImageFont

    width, height = picture.size
    line = max(2, round(max(width, height) * THICKNESS))
    left, top = float(box["left"]) * width, float(box["top"]) * height
    right, bottom = left + float(box["width"]) * width, top + float(box["height"]) * height
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left - line, top - line, right + line, bottom + line), outline=SHADOW, width=2 * line)
    draw.rectangle((left - line, top - line, right + line, bottom + line), outline=LINE, width=line)
    font = ImageFont.load_default(size=max(10, 5 * line))
    text = draw.textbbox((0, 0), label, font=font)
    tag_width, tag_height = text[2] + 2 * line, text[3] + 2 * line
    tag_top = top - line - tag_height if top > tag_height else top
    draw.rectangle((left - line, tag_top, left - line + tag_width, tag_top + tag_height), fill=LINE)
    draw.text((left, tag_top + line / 2), label, fill=SHADOW, font=font)
