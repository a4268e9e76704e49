"""The doctor's findings on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from loupe.doctor.finding import Finding, Health
from loupe.view.console import out
from loupe.view.words import harmless

MARKS: Final = {Health.GOOD: ("✓", "green"), Health.WARNING: ("!", "yellow"), Health.BAD: ("✗", "red")}


def show(findings: Sequence[Finding]) -> None:
    """A line per finding, its remedy below it, and the sum."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, style = MARKS[finding.health]
        detail = Text(harmless(finding.detail))
        if finding.remedy:
            detail.append(f"\n→ {harmless(finding.remedy)}", style=style)
        table.add_row(Text(mark, style=style), finding.name, detail)
    out().print(table)
    bad = sum(finding.health is Health.BAD for finding in findings)
    out().print(Text(f"{bad} to mend" if bad else "Nothing to mend", style="red" if bad else "green"))
