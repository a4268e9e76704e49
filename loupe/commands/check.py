"""`loupe check`: the intake alone, with no services."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from loupe.commands.options import json_option
from loupe.trouble import Misuse, Trouble


@click.command(short_help="Judge photos only, with no services.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@json_option
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Only judge photos: readable? sharp? bright enough? A folder stands for the files in it.

    Ends with 0 if all were judged, whatever the verdicts. With --json one line per file.
    """
    from localcloud.supervisor.plan import ROOT
    from loupe.view.console import out
    from loupe.view.verdicts import table

    paths = _files(files)
    # The intake is the analyze function's own business: it is asked as a program, not imported.
    command = [sys.executable, "-P", "-m", "functions.analyze.intake.check", "--", *(str(path) for path in paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    judged = subprocess.run(command, env=environment, stdout=None if as_json else subprocess.PIPE, check=False)
    if judged.returncode:
        raise Trouble("The photos could not be judged; what went wrong is said above.")
    if not as_json:
        out().print(table(judged.stdout.splitlines(), [str(path) for path in paths]))


def _files(given: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in given:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(one for one in path.iterdir() if one.is_file())
        if not inside:
            raise Misuse(f"There are no files in {path}.")
        files += inside
    return files
