"""Verdicts as rows of CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

HEADER: Final = (
    *("file", "verdict", "reason", "message", "warnings", "score"),
    *("type", "width", "height", "size", "sha256", "make", "model", "takenAt"),
    *("latitude", "longitude", "altitude", "metrics"),
)

# What a spreadsheet would take for a formula. File names and cameras' names come from strangers.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def header() -> str:
    """The first line."""
    return _line(HEADER)


def row(verdict: Mapping[str, Any]) -> str:
    """The line of one file; `metrics` is `name=value`, with blanks between."""
    exif, gps, quality = (verdict.get(name) or {} for name in ("exif", "gps", "quality"))
    facts: dict[str, Any] = {
        **{name: verdict.get(name) for name in HEADER if name != "warnings"},
        **{name: exif.get(name) for name in ("make", "model", "takenAt")},
        **{name: gps.get(name) for name in ("latitude", "longitude", "altitude")},
        "warnings": " ".join(warning["reason"] for warning in verdict.get("warnings") or ()),
        "score": quality.get("score"),
        "metrics": " ".join(f"{name}={value}" for name, value in (quality.get("metrics") or {}).items()),
    }
    return _line([_harmless(facts[name]) for name in HEADER])


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(cells: Sequence[Any]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(cells)  # RFC 4180
    return written.getvalue()
