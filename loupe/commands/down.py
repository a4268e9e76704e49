"""`loupe down`: stop the stack, and leave no process behind."""

from __future__ import annotations

from pathlib import Path

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Trouble


@click.command(short_help="Stop it.")
@data_option
@json_option
def down(data: Path, *, as_json: bool) -> None:
    """Stop the local stack, or what a killed one left behind."""
    from localcloud.supervisor import background
    from localcloud.supervisor.folder import FolderBusy
    from loupe.view.console import say
    from loupe.view.json import show_json

    try:
        stopped = background.stop(data)
    except FolderBusy as busy:
        raise Trouble(str(busy)) from busy
    if as_json:
        show_json({"stopped": stopped is not None})
    else:
        say(f"Stopped; its data is kept in {data}." if stopped else f"No stack is running on {data}.")
