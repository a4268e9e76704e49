"""The table of results on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import ROUNDED
from rich.table import Table
from rich.text import Text

from loupe.demo.verdicts import Shown
from loupe.view import lesion, words
from loupe.view.result import STATE_STYLES
from loupe.view.words import harmless


def table(shown: Sequence[Shown]) -> Table:
    """One line per sample."""
    listing = Table(box=ROUNDED, header_style="bold")
    listing.add_column("photo", overflow="fold")
    listing.add_column("verdict", no_wrap=True)
    listing.add_column("quality", justify="right")
    listing.add_column("text and remarks", overflow="fold")
    listing.add_column("time", justify="right", no_wrap=True)
    listing.add_column("as meant")
    for one in shown:
        listing.add_row(*_cells(one))
    return listing


def _cells(shown: Shown) -> tuple[str | Text, ...]:
    as_expected = Text(f"✗ {shown.surprise}", style="red") if shown.surprise else Text("✓", style="green")
    seconds = f"{shown.outcome.seconds:.2f} s"
    if shown.outcome.result is None:
        return shown.sample.title, Text("refused", style="red"), "", "", seconds, as_expected
    job = shown.outcome.result.job
    state, summary = str(job["state"]), job.get("summary") or {}
    said = Text(words.shortened(harmless(summary.get("text") or lesion.gist(summary)), 100))
    for remark in (job["error"],) if job.get("error") else job["warnings"]:
        said.append(("\n" if said.plain else "") + words.first_sentence(harmless(remark["message"])), style="yellow")
    quality = f"{summary['quality']:.0f}" if "quality" in summary else ""
    return shown.sample.title, Text(state, style=STATE_STYLES.get(state, "")), quality, said, seconds, as_expected
