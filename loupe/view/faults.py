"""Rules for faults and the calls they are for, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from localcloud.faults.effects import Span
from localcloud.faults.rule import Rule
from loupe.view.words import harmless


def rules_table(found: Sequence[Mapping[str, Any]]) -> Table:
    """One line per rule in force."""
    table = _table("id", "call", "what happens", "which calls", "seen", "hit")
    for fault in found:
        rule = msgspec.convert(fault["rule"], Rule)
        counts = (Text(str(fault[name]), justify="right") for name in ("seen", "hits"))
        table.add_row(fault["id"], harmless(rule.call), what_happens(rule), which_calls(rule), *counts)
    return table


def calls_table(found: Sequence[Mapping[str, Any]]) -> Table:
    """One line per call."""
    table = _table("call", "entered", "failed", "faulted", "can take", "--match")
    for call in found:
        counts = (Text(str(call[name] or ""), justify="right") for name in ("entered", "failed", "faulted"))
        table.add_row(call["name"], *counts, ", ".join(call["effects"]), ", ".join(call["details"]))
    return table


def what_happens(rule: Rule) -> str:
    """`late by 200 ms, then error (UNAVAILABLE), after its effect`."""
    parts = []
    if rule.delay_ms is not None:
        parts.append(f"late by {_span(rule.delay_ms)} ms")
    if rule.effect is not None:
        values = ", ".join(_values(rule.effect))
        kind = str(rule.effect.__struct_config__.tag)
        parts.append(f"{kind} ({values})" if values else kind)
    return ", then ".join(parts) + (", after its effect" if rule.applied else "")


def which_calls(rule: Rule) -> str:
    """`20 %, at most 3, after 10, seed 7, document=jobs/`."""
    parts = [f"{100 * rule.p:g} %" if rule.p < 1 else "every one"]
    parts += [f"at most {rule.count}"] if rule.count is not None else []
    parts += [f"after {rule.after}"] if rule.after else []
    parts += [f"seed {rule.seed}"] if rule.seed else []
    return ", ".join(parts + [harmless(f"{name}={prefix}") for name, prefix in rule.match.items()])


def _values(effect: Any) -> Iterator[str]:
    shown = msgspec.structs.asdict(effect)
    for name, value in shown.items():
        if isinstance(value, Span):
            yield f"{_span(value)} {name}"
        elif isinstance(value, bool):
            yield from [name] if value else []
        else:
            yield harmless(value) if len(shown) == 1 else f"{name} {harmless(value)}"


def _span(span: Span) -> str:
    return f"{span.low:g}" if span.low == span.high else f"{span.low:g} to {span.high:g}"


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
