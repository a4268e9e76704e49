"""Verdicts of the intake on a terminal: a row per file, what they come to, and how far one is."""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.box import ROUNDED
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from loupe.view import words
from loupe.view.console import err, out
from loupe.view.result import meter
from loupe.view.words import harmless

MANY: Final = 100  # files; of more, only those that something is to be said of are listed


class Tally:
    """What the verdicts come to, counted as they arrive."""

    def __init__(self) -> None:
        self.judged = 0
        self._verdicts: collections.Counter[str] = collections.Counter()
        self._reasons: collections.Counter[str] = collections.Counter()
        self._warnings: collections.Counter[str] = collections.Counter()
        self._began = time.monotonic()

    def count(self, verdict: Mapping[str, Any]) -> None:
        """One more."""
        self.judged += 1
        self._verdicts[verdict["verdict"]] += 1
        if verdict.get("reason"):
            self._reasons[verdict["reason"]] += 1
        self._warnings.update({warning["reason"] for warning in verdict.get("warnings") or ()})

    @property
    def rejected(self) -> int:
        """How many were rejected."""
        return self._verdicts["rejected"]

    def summary(self) -> str:
        """`18 files in 2.1 s: 13 accepted (1 BLURRY); 5 rejected (3 UNREADABLE, 2 TOO_SMALL).`"""
        seconds = time.monotonic() - self._began
        files = f"{self.judged} {'file' if self.judged == 1 else 'files'} in {seconds:.1f} s"
        accepted = f"{self._verdicts['accepted']} accepted{_counts(self._warnings)}"
        return f"{files}: {accepted}; {self.rejected} rejected{_counts(self._reasons)}."


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error while the block lasts, to be advanced by one; none where nobody looks at it."""
    if not err().is_terminal or total == 1:
        yield lambda: None
        return
    columns = (TextColumn("judging"), BarColumn(bar_width=40), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), transient=True, redirect_stdout=out().is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def table(verdicts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Table:
    """One row per verdict of the check, called by `names`; of many, only those with a remark."""
    shown = Table(box=ROUNDED, header_style="bold")
    shown.add_column("file", overflow="fold")
    shown.add_column("verdict", no_wrap=True)
    shown.add_column("quality", no_wrap=True)
    shown.add_column("photo", overflow="fold")
    shown.add_column("remarks", overflow="fold")
    for verdict, name in zip(verdicts, names, strict=True):
        if len(names) <= MANY or _remarks(verdict):
            shown.add_row(harmless(name), *_cells(verdict))
    if silent := len(names) - shown.row_count:
        shown.caption = f"{silent} photos without a remark are not listed. --csv and --json tell all."
    return shown


def _cells(verdict: Mapping[str, Any]) -> tuple[Text, ...]:
    accepted = verdict["verdict"] == "accepted"
    quality = (verdict.get("quality") or {}).get("score")
    return (
        Text(str(verdict["verdict"]), style="green" if accepted else "red"),
        meter(float(quality)) if accepted and quality is not None else Text(),
        Text(_photo(verdict)),
        Text("\n".join(harmless(remark) for remark in _remarks(verdict))),
    )


def _remarks(verdict: Mapping[str, Any]) -> list[str]:
    told = (verdict.get("message"), *(warning["message"] for warning in verdict.get("warnings") or ()))
    return [remark for remark in told if remark]


def _photo(verdict: Mapping[str, Any]) -> str:
    if not verdict.get("width"):
        return ""
    kind = harmless(verdict.get("type") or "").removeprefix("image/").upper()
    facts = (
        f"{words.dimensions(verdict)} {kind}",
        words.camera(verdict["exif"]),
        words.place(verdict["gps"]),
    )
    return "\n".join(fact for fact in facts if fact)


def _counts(reasons: collections.Counter[str]) -> str:
    """` (3 UNREADABLE, 2 TOO_SMALL)`, the most frequent first; nothing for none."""
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return f" ({', '.join(f'{count} {reason}' for reason, count in ranked)})" if ranked else ""
