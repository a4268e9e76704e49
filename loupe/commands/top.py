"""`loupe top`: how the running stack does, live."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click

from loupe.commands.options import data_option, json_option

PERIOD: Final = 1.0  # seconds between two looks


@click.command(short_help="Queues, times and failures of the stack, live.")
@click.option("--once", is_flag=True, help="Show it once instead of live; so it is too where nobody watches.")
@data_option
@json_option
def top(data: Path, *, once: bool, as_json: bool) -> None:
    """Show what waits, how long jobs take and how they end, since the stack was started. Ctrl-C ends it."""
    from rich.live import Live

    from loupe.client import metrics
    from loupe.client.stack import require
    from loupe.view.console import out
    from loupe.view.json import show_json
    from loupe.view.top import screen

    running = require(data)
    numbers = metrics.read(running)
    if as_json:
        show_json(numbers)
    elif once or not out().is_terminal:
        out().print(screen(numbers))
    else:
        with Live(screen(numbers), console=out(), screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(PERIOD)
                live.update(screen(metrics.read(running)), refresh=True)
