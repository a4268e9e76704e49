"""A colour correction as a person wants it: how good, by which chart, and patch by patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from loupe.view.words import harmless

STYLES: Final = {"excellent": "bold green", "good": "green", "fair": "yellow", "poor": "red"}
NEAR: Final = ((2.0, "green"), (5.0, "yellow"))  # ΔE00 up to which a patch is shown so; above, red
Row = tuple[str, RenderableType]


def rows(report: Mapping[str, Any]) -> Iterator[Row]:
    """The lines about a correction, from `reports/color_correction`."""
    summary, full = report.get("summary") or {}, report.get("full") or {}
    rating = str(summary.get("accuracyRating", ""))
    kept = summary.get("correctedImage") is None
    if kept:
        yield "Colours", Text("the original was kept: no correction brings them nearer", style="yellow")
    else:
        yield "Colours", Text.assemble((harmless(rating), STYLES.get(rating, "")), _change(summary))
    left_out = summary.get("deltaELeaveOneOut")
    if left_out is not None and not kept:
        yield "Left out", Text(f"mean ΔE00 {left_out:.2f} on patches that the fit has not seen")
    title = (full.get("reference") or {}).get("title")
    if title:
        yield "Chart", Text(f"{harmless(title)} · {harmless(summary.get('method', ''))}")
    if full.get("patches"):
        yield "Patches", _patches(full["patches"])


def _change(summary: Mapping[str, Any]) -> str:
    if "deltaEAverage" not in summary:
        return " · as the photo that was named, with no chart in this one to check it"
    before, after, most = (float(summary[name]) for name in ("deltaEBefore", "deltaEAverage", "deltaEMax"))
    return f" · mean ΔE00 {before:.2f} before, {after:.2f} after (largest {most:.2f})"


def _patches(patches: list[Mapping[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="dim", padding=(0, 1))
    table.add_column("patch")
    for name in ("before", "after", "left out"):
        table.add_column(name, justify="right")
    table.add_column("")
    for patch in patches:
        after = float(patch["deltaEAfter"])
        style = next((style for limit, style in NEAR if after <= limit), "red")
        table.add_row(
            harmless(patch["name"]),
            f"{patch['deltaEBefore']:.1f}",
            Text(f"{after:.1f}", style=style),
            f"{patch['deltaELeftOut']:.1f}" if "deltaELeftOut" in patch else "",
            Text("" if patch.get("used", True) else "not used", style="dim"),
        )
    return table
