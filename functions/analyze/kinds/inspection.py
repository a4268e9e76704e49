"""Kind `inspection`: what a photo of equipment says by itself: its text, its colours, its camera, its quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .port import Analysis, Color, Eyes, Finding, Photo, TextLine

HEADLINE_LENGTH: Final = 120  # characters: the job's document stays small
MAX_FINDINGS: Final = 100


def inspect(photos: Sequence[Photo], options: Mapping[str, Any], eyes: Eyes) -> Analysis:
    """Read text and colours of one photo. `options`: `text` and `colors`, both true unless said otherwise."""
    photo = photos[0]
    seen = eyes.see(
        photo.jpeg,
        width=photo.width,
        height=photo.height,
        text=bool(options.get("text", True)),
        colors=bool(options.get("colors", True)),
    )
    lines, colors = seen.text or (), seen.colors or ()
    return Analysis(
        summary=_summary(photo, lines, colors),
        findings=tuple(_finding(photo, line) for line in lines[:MAX_FINDINGS]),
        reports={"inspection": _report(photo, lines, colors)},
        warnings=photo.warnings,
        degraded=seen.degraded,
        provenance={"vision": seen.engine} if seen.engine else {},
    )


def _summary(photo: Photo, lines: Sequence[TextLine], colors: Sequence[Color]) -> dict[str, Any]:
    text = " · ".join(line.text for line in lines)
    camera = " ".join(str(photo.exif[name]) for name in ("make", "model") if photo.exif.get(name))
    facts = {
        "text": text if len(text) <= HEADLINE_LENGTH else text[: HEADLINE_LENGTH - 1] + "…",
        "textLines": len(lines),
        "colors": [color.hex for color in colors[:5]],
        "quality": photo.quality,
        "camera": camera[:HEADLINE_LENGTH],
        "takenAt": photo.exif.get("takenAt"),
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _report(photo: Photo, lines: Sequence[TextLine], colors: Sequence[Color]) -> dict[str, Any]:
    full = {
        "text": [msgspec.to_builtins(line) for line in lines],
        "colors": [msgspec.to_builtins(color) for color in colors],
        "width": photo.width,
        "height": photo.height,
    }
    return {"summary": _summary(photo, lines, colors), "full": full}


def _finding(photo: Photo, line: TextLine) -> Finding:
    return Finding(type="text", value=line.text, box=line.box, score=line.score, image=photo.index)
