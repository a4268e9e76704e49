"""What to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from loupe.view.console import out

LOUPE: Final = ".venv/bin/python -m loupe"
STEPS: Final = (
    (f"{LOUPE} analyze photo.jpg --kind inspection", "your own photo"),
    ("make up", "keep the local stack running, for your app and for faster answers"),
    (f'eval "$({LOUPE} env)"', "then Google's and Firebase's clients find it"),
    (f"{LOUPE} --help", "everything else"),
)


def after_demo(page: Path) -> None:
    """Where the results are, and what a newcomer may want to do now."""
    out().print(Text.assemble("Results with pictures: ", (page.as_uri(), f"cyan link {page.as_uri()}")), soft_wrap=True)
    steps = Table.grid(padding=(0, 2))
    steps.add_column(no_wrap=True)
    for command, what in STEPS:
        steps.add_row(Text(f"  {command}", style="green"), Text(what, style="dim"))
    out().print(Text("Try next:"))
    out().print(steps)
