"""The two outputs: results on standard output, everything else on standard error. Colour only on a terminal."""

from __future__ import annotations

import functools

from rich.console import Console
from rich.text import Text

from loupe.view.words import harmless


@functools.cache
def out() -> Console:
    """Standard output, for results."""
    return Console(highlight=False, soft_wrap=False)


@functools.cache
def err() -> Console:
    """Standard error, for progress and problems."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A remark on standard error; what it holds is shown as it is."""
    err().print(Text(_lines(text), style="dim"), soft_wrap=True)


def complain(text: str, reason: str = "") -> None:
    """What went wrong and what to do, on standard error."""
    line = Text.assemble(("error: ", "bold red"), _lines(text), (f" ({reason})" if reason else "", "dim"))
    err().print(line, soft_wrap=True)


def _lines(text: str) -> str:
    return "\n".join(harmless(line) for line in text.splitlines())
