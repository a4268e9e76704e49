"""Kind `inspection`: what a photo of equipment says by itself: its text, its colours, its camera, its quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .port import Analysis, Finding, Photo, Seen, TextLine, Tools

HEADLINE_LENGTH: Final = 120  # characters: the job's document stays small
MAX_FINDINGS: Final = 100


def inspect(photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
    """Read text and colours of one photo. `options`: `text` and `colors`, both true unless said otherwise."""
    photo = photos[0]
    seen = tools.eyes.see(
        photo.jpeg,
        width=photo.width,
        height=photo.height,
        text=bool(options.get("text", True)),
        colors=bool(options.get("colors", True)),
    )
    summary = _summary(photo, seen)
    return Analysis(
        summary=summary,
        findings=tuple(_finding(photo, line) for line in (seen.text or ())[:MAX_FINDINGS]),
        reports={"inspection": {"summary": summary, "full": _full(photo, seen)}},
        warnings=photo.warnings,
        degraded=seen.degraded,
        provenance={"vision": seen.engine} if seen.engine else {},
    )


def _summary(photo: Photo, seen: Seen) -> dict[str, Any]:
    """The headline. What was not looked for, or could not be read, is not there: that is not the same as none."""
    text = " · ".join(line.text for line in seen.text or ())
    camera = " ".join(str(photo.exif[name]) for name in ("make", "model") if photo.exif.get(name))
    facts = {
        "text": text if len(text) <= HEADLINE_LENGTH else text[: HEADLINE_LENGTH - 1] + "…",
        "textLines": None if seen.text is None else len(seen.text),
        "colors": None if seen.colors is None else [color.hex for color in seen.colors[:5]],
        "quality": photo.quality,
        "camera": camera[:HEADLINE_LENGTH],
        "takenAt": photo.exif.get("takenAt"),
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _full(photo: Photo, seen: Seen) -> dict[str, Any]:
    return {
        "text": None if seen.text is None else [msgspec.to_builtins(line) for line in seen.text],
        "colors": None if seen.colors is None else [msgspec.to_builtins(color) for color in seen.colors],
        "width": photo.width,
        "height": photo.height,
    }


def _finding(photo: Photo, line: TextLine) -> Finding:
    return Finding(type="text", value=line.text, box=line.box, score=line.score, image=photo.index)
