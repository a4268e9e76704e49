"""`loupe check`: the intake alone, with no services."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loupe.commands.options import json_option
from loupe.trouble import Misuse, Trouble

if TYPE_CHECKING:
    from loupe.judging.asking import Verdict
    from loupe.judging.files import Found
    from loupe.view.verdicts import Tally


@click.command(short_help="Judge photos only, with no services.")
@click.argument("named", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for a spreadsheet.")
@click.option("--strict", is_flag=True, help="End with 1 if a file was rejected.")
def check(named: tuple[Path, ...], *, as_json: bool, as_csv: bool, strict: bool) -> None:
    """Only judge photos: readable? sharp? bright enough? A folder stands for all files in it, at any depth.

    With --json one line of JSON per file, with --csv one row. Ends with 0 if all were judged, whatever the verdicts;
    with 1 if they could not be judged; with 2 if it was called wrongly.
    """
    from loupe.judging.files import find
    from loupe.view.console import out, say
    from loupe.view.verdicts import Tally, table

    if as_json and as_csv:
        raise Misuse("Choose one of --json and --csv.")
    found = find(named)
    for folder, why in found.closed:
        say(f"{folder} cannot be looked into: {why}.")
    if not found.files:
        raise Misuse(f"There are no files in {', '.join(map(str, named))}.")
    tally = Tally()
    if as_json or as_csv:
        _printed(found, tally, as_csv=as_csv)
        say(tally.summary())
    else:
        verdicts = [verdict for _, verdict in _asked(found, tally)]
        out().print(table(verdicts, _names(named, found)))
        out().print(tally.summary(), soft_wrap=True)
    if strict and tally.rejected:
        raise Trouble(f"{tally.rejected} of {tally.judged} files were rejected.")


def _printed(found: Found, tally: Tally, *, as_csv: bool) -> None:
    """Each line as it comes, for whoever reads along."""
    from loupe.judging.rows import header, row

    if as_csv:
        _write(header().encode())
    for line, verdict in _asked(found, tally):
        _write(row(verdict).encode() if as_csv else line)


def _asked(found: Found, tally: Tally) -> Iterator[tuple[bytes, Verdict]]:
    from loupe.judging.asking import judged
    from loupe.view.verdicts import progress

    with progress(len(found.files)) as advance:
        for line, verdict in judged(found.files):
            tally.count(verdict)
            advance()
            yield line, verdict


def _names(named: tuple[Path, ...], found: Found) -> list[str]:
    """What the files are called on the screen: as in the folder, where one folder was named and nothing else."""
    folder = named[0] if len(named) == 1 and named[0].is_dir() else None
    return [str(file.relative_to(folder) if folder else file) for file in found.files]


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
