"""The result of a job as a person wants it: what the photo is, how good, what it says, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.box import ROUNDED
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from loupe.client.analysis import Outcome
from loupe.client.results import Result
from loupe.view import classified, color, lesion, words
from loupe.view.words import harmless

STATE_STYLES: Final = {"COMPLETED": "green", "FAILED": "red", "CANCELLED": "yellow"}
GOOD: Final = 50  # quality score below which there is a warning
SHOWN_LINES: Final = 12
Row = tuple[str, RenderableType]


def panel(result: Result, name: str, *, seconds: float | None = None, pictures: Sequence[Path] = ()) -> Panel:
    """One job in full."""
    state = str(result.job["state"])
    style = STATE_STYLES.get(state, "cyan")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _rows(result, pictures):
        table.add_row(label, value)
    title = Text.assemble((harmless(name), "bold"), " ", (state, f"bold {style}"))
    subtitle = f"{result.job_id}" + (f" · {seconds:.2f} s" if seconds is not None else "")
    return Panel(
        table,
        title=title,
        title_align="left",
        subtitle=subtitle,
        subtitle_align="right",
        box=ROUNDED,
        border_style=style,
        padding=(1, 2),
    )


def overview(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Several jobs, one line each."""
    table = Table(box=ROUNDED, header_style="bold", row_styles=("", ""))
    table.add_column("photo", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("quality", justify="right")
    table.add_column("text", overflow="fold")
    table.add_column("remarks", overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for outcome, name in zip(outcomes, names, strict=True):
        table.add_row(_named(name, outcome), *_cells(outcome), f"{outcome.seconds:.2f} s")
    return table


def _named(name: str, outcome: Outcome) -> Text:
    job_id = f"\n{outcome.result.job_id}" if outcome.result is not None else ""
    return Text.assemble(harmless(name), (job_id, "dim"))


def _cells(outcome: Outcome) -> tuple[RenderableType, ...]:
    if outcome.refusal is not None:
        return Text("refused", style="red"), "", "", Text(outcome.refusal.message)
    if outcome.result is None:
        return "", "", "", ""
    job = outcome.result.job
    state, summary, error = str(job["state"]), job.get("summary") or {}, job.get("error")
    remarks = [words.first_sentence(harmless(one["message"])) for one in ((error,) if error else _remarks(job))]
    quality = f"{summary['quality']:.0f}" if "quality" in summary else ""
    verdict = Text(state, style=STATE_STYLES.get(state, "cyan"))
    return verdict, quality, Text(words.shortened(harmless(summary.get("text", "")), 60)), Text("\n".join(remarks))


def _rows(result: Result, pictures: Sequence[Path]) -> Iterator[Row]:
    error = result.job.get("error")
    if error:
        yield "Reason", Text.assemble((harmless(error["message"]), "red"), (f" ({harmless(error['reason'])})", "dim"))
    for number, image in enumerate(result.images, start=1):
        yield from _photo(image, f" {number}" if len(result.images) > 1 else "")
    yield from lesion.rows(result.reports)
    yield from classified.rows(result.job, result.reports)
    for report in result.reports.values():
        yield from _findings(report.get("full") or {})
    if "color_correction" in result.reports:
        yield from color.rows(result.reports["color_correction"])
    for remark in _remarks(result.job):
        yield "Warning", Text.assemble(("⚠ ", "yellow"), _which(remark, result), harmless(remark["message"]))
    engine = (result.job.get("provenance") or {}).get("vision")
    if engine:
        yield "Read by", Text(harmless(engine))
    if pictures:
        yield "Pictures", Group(*(Text(str(path), style="cyan") for path in pictures))


def _which(remark: Mapping[str, Any], result: Result) -> str:
    """Which of several photos a remark is about."""
    index = remark.get("image")
    return "" if index is None or len(result.images) < 2 else f"Photo {int(index) + 1}: "


def _photo(image: Mapping[str, Any], number: str) -> Iterator[Row]:
    """The facts of one photo of a job; `number` is empty where there is only one."""
    quality = (image.get("quality") or {}).get("score")
    if quality is not None:
        yield f"Quality{number}", meter(float(quality))
    kind = str(image.get("type", "")).removeprefix("image/").upper()
    yield f"Photo{number}", Text(f"{words.dimensions(image)} · {harmless(kind)} · {words.size(image['size'])}")
    exif = image.get("exif") or {}
    facts = (("Camera", words.camera(exif)), ("Taken", words.taken(exif)), ("Place", words.place(image.get("gps"))))
    for label, value in facts:
        if value:
            style = f"link {words.map_url(image['gps'])}" if label == "Place" else ""
            yield label, Text(value, style=style)


def _findings(full: Mapping[str, Any]) -> Iterator[Row]:
    if full.get("colors"):
        yield "Colours", swatches(full["colors"])
    lines = full.get("text")
    if lines == []:  # None: it was not looked for, or could not be read
        yield "Text", Text("none found", style="dim")
    if lines:
        shown = [Text.assemble(harmless(line["text"]), (f"  {words.share(line['score'])}", "dim")) for line in lines]
        more = [Text(f"… and {len(lines) - SHOWN_LINES} more lines", style="dim")] if len(lines) > SHOWN_LINES else []
        yield "Text", Group(*shown[:SHOWN_LINES], *more)


def meter(score: float) -> Text:
    """A score of 0 to 100 as a small bar."""
    style = "green" if score >= GOOD else "yellow"
    filled = round(score / 10)
    return Text.assemble(("█" * filled, style), ("░" * (10 - filled), "dim"), f" {score:.0f}/100")


def swatches(colors: Sequence[Mapping[str, Any]]) -> Columns:
    """Colours as coloured squares with their names and shares."""
    return Columns([_swatch(color) for color in colors], padding=(0, 2))


def _swatch(color: Mapping[str, Any]) -> Text:
    red, green, blue = (int(color[channel]) for channel in ("red", "green", "blue"))
    share = (f" {words.share(color['share']):>4}", "dim")
    return Text.assemble(("██", f"rgb({red},{green},{blue})"), f" {harmless(color['hex'])}", share)


def _remarks(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(job.get("warnings") or ()), *(job.get("degraded") or ())]
