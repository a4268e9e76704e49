"""Verdicts of the intake on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich.box import ROUNDED
from rich.table import Table
from rich.text import Text

from loupe.view import words
from loupe.view.result import meter
from loupe.view.words import harmless


def table(lines: Sequence[bytes], names: Sequence[str]) -> Table:
    """One row per JSON line of the check, called by `names`."""
    shown = Table(box=ROUNDED, header_style="bold")
    shown.add_column("file", overflow="fold")
    shown.add_column("verdict", no_wrap=True)
    shown.add_column("quality", no_wrap=True)
    shown.add_column("photo", overflow="fold")
    shown.add_column("remarks", overflow="fold")
    for line, name in zip(lines, names, strict=True):
        shown.add_row(harmless(name), *_cells(msgspec.json.decode(line, type=dict[str, Any])))
    return shown


def _cells(verdict: Mapping[str, Any]) -> tuple[Text, ...]:
    accepted = verdict["verdict"] == "accepted"
    quality = (verdict.get("quality") or {}).get("score")
    remarks = [verdict.get("message"), *(warning["message"] for warning in verdict.get("warnings") or ())]
    return (
        Text(str(verdict["verdict"]), style="green" if accepted else "red"),
        meter(float(quality)) if accepted and quality is not None else Text(),
        Text(_photo(verdict)),
        Text("\n".join(harmless(remark) for remark in remarks if remark)),
    )


def _photo(verdict: Mapping[str, Any]) -> str:
    if not verdict.get("width"):
        return ""
    kind = harmless(verdict.get("type") or "").removeprefix("image/").upper()
    facts = (
        f"{words.dimensions(verdict)} {kind}",
        words.camera(verdict["exif"]),
        words.place(verdict["gps"]),
    )
    return "\n".join(fact for fact in facts if fact)
