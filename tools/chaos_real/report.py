"""What the matrix came to: on a terminal, as JSON, and as the table of docs/reliability.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from tools.bench.report import machine
from tools.chaos_real.perform import Played
from tools.chaos_real.row import Row

NOTHING: Final = "-"


def summary(played: Sequence[Played], *, seed: int, seconds: float) -> dict[str, Any]:
    """Everything as JSON has it."""
    return {
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "seconds": round(seconds, 1),
        "runs": sum(one.runs for one in played),
        "violations": sum(len(one.violations) for one in played),
        "rows": [msgspec.to_builtins(one) for one in played],
    }


def show(console: Console, rows: Sequence[Row], found: Mapping[str, Any]) -> None:
    """As a table, with the history of what was violated."""
    table = Table(title=f"{found['runs']:,} runs in {found['seconds']:g} s, seed {found['seed']}", title_justify="left")
    for column in ("row", "fault", "runs", "faults", "seconds", "jobs ended", "violations"):
        table.add_column(column, justify="right" if column in ("row", "runs", "faults", "seconds") else "left")
    results = {one["number"]: one for one in found["rows"]}
    for row in rows:
        table.add_row(str(row.number), row.fault, *_cells(row, results.get(row.number)))
    console.print(table)
    tell(console, found)
    good = found["violations"] == 0
    console.print("[green]0 violations[/green]" if good else f"[red]{found['violations']} violations[/red]")


def tell(console: Console, found: Mapping[str, Any]) -> None:
    """The history of whatever was violated."""
    for one in found["rows"]:
        for line in one["story"]:
            console.print(f"row {one['number']}: {line}", markup=False, highlight=False, soft_wrap=True)


def markdown(rows: Sequence[Row], found: Mapping[str, Any]) -> str:
    """The table of docs/reliability.md, and a line on where the counts are from."""
    results = {one["number"]: one for one in found["rows"]}
    lines = ["| # | fault | how | must hold | runs | faults | violations |", "|--:|---|---|---|--:|--:|--:|"]
    for row in rows:
        one = results.get(row.number)
        counts = (
            [str(one["runs"]), str(one["hits"]), str(len(one["violations"]))]
            if one and not one["not_here"]
            else [NOTHING] * 3
        )
        how = row.how if row.play else f"not here: {row.not_here}"
        lines.append(f"| {row.number} | {row.fault} | {how} | {' '.join(row.holds)} | {' | '.join(counts)} |")
    lines += ["", f"{found['runs']:,} runs in {found['seconds']:g} s; {found['machine']}; {found['date'][:10]}."]
    return "\n".join(lines)


def _cells(row: Row, one: Mapping[str, Any] | None) -> tuple[str, ...]:
    if row.play is None:
        return NOTHING, NOTHING, NOTHING, f"not here: {row.not_here}", ""
    if one is None:
        return NOTHING, NOTHING, NOTHING, "", ""
    if one["not_here"]:
        return NOTHING, NOTHING, NOTHING, f"not here: {one['not_here']}", ""
    ends = ", ".join(f"{count} {end}" for end, count in one["outcomes"].items())
    return str(one["runs"]), str(one["hits"]), f"{one['seconds']:g}", ends, "\n".join(one["violations"][:5])
