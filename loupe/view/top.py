"""`loupe top` on a terminal: what waits, how long jobs take, how they end, what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe.client.metrics import Held, Numbers, Row

STAGES = ("read", "judge", "derive", "analyze", "keep", "commit")
NOTHING = "-"
NONE_ENDED = "No job has ended since the stack was started. Try: loupe analyze photo.jpg --kind inspection"
OLD = 120.0  # seconds after which a waiting message is worth a look: the ack deadline


def screen(numbers: Numbers) -> RenderableType:
    """Everything at once."""
    parts: list[RenderableType | None] = [
        _queues(numbers.subscriptions),
        _times("Upload to result", "kind", "state", numbers.of("job_seconds")),
        _times("In the queue", "kind", "priority", numbers.of("queue_seconds")),
        _times("Stages", "kind", "stage", sorted(numbers.of("stage_seconds"), key=_by_stage)),
        _counts(numbers),
    ]
    if not numbers.of("job_seconds"):
        parts.insert(1, Text(f"{NONE_ENDED}\n"))
    return Group(*(part for part in parts if part is not None))


def _queues(held: Sequence[Held]) -> Table:
    table = _table("Waiting", "subscription", "messages", "oldest")
    for one in held:
        worrying = one.messages > 0 and (one.oldest_seconds > OLD or "dead" in one.name)
        style = "red" if worrying else "" if one.messages else "dim"
        oldest = _seconds(one.oldest_seconds) if one.messages else NOTHING
        table.add_row(Text(one.name), f"{one.messages}", oldest, style=style)
    return table


def _times(title: str, first: str, second: str, rows: Sequence[Row]) -> Table | None:
    if not rows:
        return None
    table = _table(title, f"{first}, {second}", "count", "p50", "p95", "p99")
    for row in rows:
        name = Text(f"{row.labels[first]} {row.labels[second].lower()}")
        table.add_row(name, f"{row.count}", *(_seconds(value) for value in (row.p50, row.p95, row.p99)))
    return table


def _counts(numbers: Numbers) -> Table | None:
    rows = [
        *((_ended(row), f"{row.count}") for row in numbers.of("jobs_ended")),
        *((f"deliveries {row.labels['outcome']}", f"{row.count}") for row in numbers.of("deliveries")),
        *((f"cost of {row.labels['feature']}", f"${row.sum / 1e6:.6f}") for row in numbers.of("cost_micro_usd")),
        *(
            (f"{row.labels['cache']} cache {row.labels['result']}", f"{row.count}")
            for row in numbers.of("cache_lookups")
        ),
        *((f"cold starts of {row.labels['function']}", f"{row.count}") for row in numbers.of("cold_start_seconds")),
    ]
    if not rows:
        return None
    table = _table("Counted", "what", "so far")
    for name, value in rows:
        table.add_row(Text(name), value)
    return table


def _ended(row: Row) -> str:
    reason = row.labels["reason"]
    return f"{row.labels['kind']} {row.labels['state'].lower()}{'' if reason == 'none' else f': {reason}'}"


def _by_stage(row: Row) -> tuple[str, int]:
    stage = row.labels["stage"]
    return row.labels["kind"], STAGES.index(stage) if stage in STAGES else len(STAGES)


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, min_width=24)
    for name in others:
        table.add_column(name, justify="right", min_width=9)
    return table


def _seconds(value: float | None) -> str:
    if value is None:
        return NOTHING
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 600 else f"{value / 60:.0f} min"
