"""Days in numbers on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table

from loupe.view.words import harmless
from shared.model.analytics import Day

MICRO = 1_000_000


def table(days: Mapping[str, Day]) -> Table:
    """Jobs by day, kind, state and reason, and below them what the day cost by feature."""
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("day", "what", "state", "reason"):
        shown.add_column(name, overflow="fold")
    shown.add_column("number", justify="right", no_wrap=True)
    for name, day in days.items():
        label = name if day.complete else f"{name} (so far)"
        rows = [*_jobs(day), *_costs(day)] or [("no jobs", "", "", "0")]
        for number, row in enumerate(rows):
            shown.add_row("" if number else label, *row, end_section=number == len(rows) - 1)
    return shown


def _jobs(day: Day) -> list[tuple[str, str, str, str]]:
    return [
        (harmless(kind), harmless(state), "" if reason == "none" else harmless(reason), f"{count:,}")
        for kind, states in sorted(day.jobs.items())
        for state, reasons in sorted(states.items())
        for reason, count in sorted(reasons.items())
    ]


def _costs(day: Day) -> list[tuple[str, str, str, str]]:
    return [
        (f"paid for {harmless(feature)}", "", "", f"${micro / MICRO:,.4f}")
        for feature, micro in sorted(day.cost_micro_usd.items())
    ]
