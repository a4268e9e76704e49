"""`loupe color card`: Loupe's own colour card, to print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from loupe.trouble import Misuse, Trouble

KINDS: Final = ("pdf", "png", "svg")


@click.group(short_help="The colour card for kind color_correction.")
def color() -> None:
    """What kind color_correction needs beside a photo."""


@color.command(short_help="Make the card, to print.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE.pdf|png|svg")
def card(out: Path) -> None:
    """Write the card: 24 colours between four markers.

    The PDF has a second page with the reference values and how to print it. Print it at 100 %.
    """
    from localcloud.supervisor.plan import ROOT
    from loupe.view.console import say

    kind = out.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise Misuse(f"{out} is not a name that says what to make. Let it end with .pdf, .png or .svg")
    # The card is the analyze function's own business: it is asked as a program, not imported.
    command = [sys.executable, "-P", "-m", "functions.analyze.kinds.color_correction.card_cli", kind]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    if made.returncode:
        raise Trouble("The card could not be made; what went wrong is said above.")
    try:
        out.write_bytes(made.stdout)
    except OSError as error:
        raise Trouble(f"Cannot write {out}: {error.strerror}. Choose another place with --out.") from error
    say(f"Wrote {out}. Print it at 100 % on matt paper: a patch measures 20 mm.")
