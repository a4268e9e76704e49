"""Backups on a terminal: progress, what was taken, and whether what was put back is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.progress import Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from loupe.backup.manifest import Manifest, Totals
from loupe.view.console import err, out, say


@contextmanager
def progress() -> Iterator[Callable[[str, int], None]]:
    """How many of each have been dealt with; shown only on a terminal."""
    with Progress(
        TextColumn("{task.completed:>9,.0f} {task.description}"),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
        disable=not err().is_terminal,
    ) as shown:
        tasks: dict[str, TaskID] = {}

        def told(what: str, number: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=None)
            shown.update(tasks[what], completed=number)

        yield told


def taken(made: Manifest, folder: Path) -> None:
    """What a backup holds."""
    totals = made.totals
    size = f"{totals.bytes / 1e6:,.1f} MB"
    out().print(Text(f"{totals.documents:,} documents and {totals.objects:,} objects ({size}) are in {folder}"))
    say(f"Documents are as of {made.read_time:%Y-%m-%d %H:%M:%S} UTC. Put it back with: loupe restore {folder}")


def would_restore(made: Manifest, project: str) -> None:
    """What a restore would write."""
    totals = made.totals
    out().print(Text(f"The backup of {made.project} is whole, and {project} is empty."))
    out().print(Text(f"{totals.documents:,} documents and {totals.objects:,} objects would be written."))


def restored(before: Totals, now: Totals, folder: Path) -> None:
    """The comparison."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("", "backup", "now"):
        table.add_column(column)
    for name in Totals.__struct_fields__:
        was, is_now = getattr(before, name), getattr(now, name)
        style = "green" if was == is_now else "red"
        table.add_row(name.replace("_", " "), _short(was), _short(is_now), style=style)
    out().print(table)
    if before == now:
        out().print(Text("Everything is as it was."))
    else:
        say(f"Something differs. Remove what was written with: loupe restore {folder} --rollback")


def removed(changed: Sequence[str]) -> None:
    """What became of a rollback."""
    if not changed:
        out().print(Text("What had been restored is removed."))
        return
    out().print(Text(f"{len(changed)} documents were changed since they were restored, and stay:"))
    for path in changed[:20]:
        out().print(Text(f"  {path}"))


def _short(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value[:16]}…"
