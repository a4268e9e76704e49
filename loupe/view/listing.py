"""A list of jobs on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from loupe.view import lesion
from loupe.view.result import STATE_STYLES
from loupe.view.words import harmless, shortened


def table(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """One line per job."""
    listing = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("job", "kind", "state", "made"):
        listing.add_column(name, no_wrap=True)
    listing.add_column("what came of it", overflow="fold")
    for job in jobs:
        state = str(job["state"])
        listing.add_row(
            str(job["name"]).removeprefix("jobs/"),
            harmless(job["kind"]),
            Text(state, style=STATE_STYLES.get(state, "cyan")),
            ago(datetime.fromisoformat(str(job["createTime"]))),
            Text(_gist(job)),
        )
    return listing


def ago(then: datetime) -> str:
    """`3 min ago`; the date for what is older than a day."""
    seconds = (datetime.now(UTC) - then).total_seconds()
    for unit, length in (("h", 3600), ("min", 60)):
        if length <= seconds < 86_400:
            return f"{seconds // length:.0f} {unit} ago"
    return then.astimezone().strftime("%Y-%m-%d %H:%M") if seconds >= 86_400 else "just now"


def _gist(job: Mapping[str, Any]) -> str:
    error, summary = job.get("error"), job.get("summary") or {}
    if error:
        return shortened(harmless(error["message"]), 80)
    quality = f"quality {summary['quality']:.0f}" if "quality" in summary else ""
    said = summary.get("text") or lesion.gist(summary) or summary.get("camera") or quality or job.get("stage", "")
    return shortened(harmless(said), 80)
