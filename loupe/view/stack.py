"""The local stack on a terminal: its addresses when it is up, and what its processes print."""

from __future__ import annotations

import os
from typing import Final

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from localcloud.supervisor.state import Running
from loupe.view.console import err, out
from loupe.view.next_steps import LOUPE

WHAT: Final = {
    "upload": "takes jobs and signs upload URLs",
    "status": "answers what became of them",
    "analyze": "is pushed to by Pub/Sub",
    "auth": "Firebase Authentication",
    "firestore": "Firestore (gRPC)",
    "storage": "Cloud Storage",
    "pubsub": "Pub/Sub (gRPC)",
    "vision": "Cloud Vision (gRPC)",
    "console": "numbers: /metrics",
}
COLORS: Final = {"localcloud": "cyan", "upload": "green", "status": "blue", "analyze": "magenta"}
WIDTH: Final = 10


def show(running: Running, *, seconds: float) -> None:
    """Where everything is, and what to try."""
    elsewhere = running.supervisor.pid != os.getpid()
    table = Table(box=SIMPLE, show_header=False, pad_edge=False)
    for name, what in WHAT.items():
        table.add_row(Text(name, style="bold"), Text(running.urls[name], style="cyan"), Text(what, style="dim"))
    out().print(Text(f"Loupe is up ({seconds:.1f} s). Everything is kept in {running.data}"))
    out().print(table)
    out().print(Text("Try, " + ("next:" if elsewhere else "in another terminal:")))
    for command in (f"{LOUPE} analyze photo.jpg --kind inspection", f"{LOUPE} jobs", f'eval "$({LOUPE} env)"'):
        out().print(Text(f"  {command}", style="green"))
    out().print(Text(f"Stop it with: {LOUPE} down" if elsewhere else "Ctrl-C stops it.", style="dim"))


def echo(name: str, line: str) -> None:
    """A line that a process of the stack printed."""
    err().print(Text.assemble((name.rjust(WIDTH), COLORS.get(name, "")), " │ ", line), soft_wrap=True)
