"""What a campaign, a mutant or a failing seed looks like on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.chaos.campaign import Tally
from tools.chaos.run import Result
from tools.chaos.shrink import Shrunk


def summary(profile: str, start: int, tally: Tally, seconds: float) -> dict[str, Any]:
    """A campaign as JSON has it."""
    return {
        "profile": profile,
        "start": start,
        "seeds": tally.seeds,
        "seconds": round(seconds, 1),
        "seedsPerSecond": round(tally.seeds / seconds, 1),
        "virtualHours": round(tally.hours, 1),
        "violations": len(tally.failing),
        "failing": [{"seed": seed, "violations": list(found)} for seed, found in tally.failing],
        "faults": dict(sorted(tally.faults.items())),
        "outcomes": dict(sorted(tally.outcomes.items())),
        "deliveries": tally.deliveries,
        "takeovers": tally.takeovers,
        "liveLeasesTaken": tally.overlaps,
    }


def show(console: Console, found: Mapping[str, Any]) -> None:
    """A campaign as two tables."""
    console.print(
        f"{found['seeds']:,} seeds of profile {found['profile']} from {found['start']} in {found['seconds']} s "
        f"({found['seedsPerSecond']:,.0f} a second, {found['virtualHours']:,.0f} virtual hours)"
    )
    _table(console, "faults and wishes", "times", found["faults"])
    rates = {"deliveries": found["deliveries"], "jobs taken over": found["takeovers"]}
    rates["of these while the lease was alive (clocks far off)"] = found["liveLeasesTaken"]
    _table(console, "what became of the jobs' runs", "times", {**found["outcomes"], **rates})
    if found["failing"]:
        console.print(f"[red]{len(found['failing'])} or more seeds FAIL[/red]")
        for one in found["failing"]:
            console.print(f"  seed {one['seed']}: {one['violations'][0]}", markup=False)
    else:
        console.print("[green]0 violations[/green]")


def show_case(console: Console, profile: str, first: Result, small: Shrunk) -> None:
    """A failing seed: what it took, in the smallest form that was found, and everything that happened."""
    console.print(f"\nseed {first.seed}, {len(first.faults)} faults, shrunken to {len(small.result.faults)}:")
    for number, name in small.result.faults:
        console.print(f"  draw {number}: {name}", markup=False)
    console.print("\nhistory of the shrunken case:")
    for line in small.history:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    for violation in small.result.violations:
        console.print(f"  {violation}", markup=False, style="red")
    spared = ",".join(str(number) for number in sorted(small.spared))
    console.print(f"\nAgain: python -m tools.chaos --profile {profile} --replay {first.seed} --spare {spared}")


def show_mutants(console: Console, caught: Mapping[str, tuple[str, str, Result | None]]) -> None:
    """Which mutant was caught where: name → story, profile, result."""
    table = Table(title="broken protocols", title_justify="left")
    for column in ("mutant", "what is broken", "caught by", "violation"):
        table.add_column(column)
    for name, (story, profile, result) in caught.items():
        where = f"{profile}, seed {result.seed}" if result else "[red]NOT CAUGHT[/red]"
        table.add_row(name, story, where, result.violations[0] if result else "")
    console.print(table)


def _table(console: Console, title: str, unit: str, rows: Mapping[str, int]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column(unit, justify="right")
    for name, number in rows.items():
        table.add_row(name, f"{number:,}")
    console.print(table)
