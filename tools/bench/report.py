"""A benchmark's result: a table on screen, a JSON file beside it."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

OUT: Final = Path("bench-out")
DIGITS: Final = {"s": 2, "x": 2}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `goal` is what it has to be at most, in the same unit; None where nothing was promised."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    note: str = ""

    @property
    def met(self) -> str:
        """`yes`, `no`, or nothing where there is no goal."""
        return "" if self.goal is None else "yes" if self.value <= self.goal else "no"


def median(name: str, values: Sequence[float], unit: str, *, goal: float | None = None) -> Row:
    """A row of the median, noting the count and the slowest tenth."""
    ordered = sorted(values)
    tenth = ordered[min(len(ordered) - 1, round(0.9 * (len(ordered) - 1)))]
    note = f"median of {len(values)}; 90 %: {tenth:.{DIGITS.get(unit, 1)}f}"
    return Row(name=name, value=statistics.median(values), unit=unit, goal=goal, note=note)


def publish(name: str, rows: Sequence[Row]) -> None:
    """Print the table and write bench-out/NAME.json."""
    table = Table(title=f"{name} — {machine()}", title_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("goal", justify="right")
    table.add_column("met")
    table.add_column("how")
    for row in rows:
        goal = "" if row.goal is None else f"≤ {row.goal:g} {row.unit}"
        table.add_row(row.name, f"{row.value:.{DIGITS.get(row.unit, 1)}f} {row.unit}", goal, row.met, row.note)
    Console().print(table)
    OUT.mkdir(exist_ok=True)
    content = {
        "name": name,
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": [{**msgspec.to_builtins(row), "met": row.met} for row in rows],
    }
    (OUT / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


def machine() -> str:
    """What the figures were measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
