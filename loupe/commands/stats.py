"""`loupe stats`: the last days in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from loupe.commands.options import data_option, json_option


@click.command(short_help="The last days in numbers: jobs and costs.")
@click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True, help="How many, up to yesterday.")
@click.option("--project", default="", metavar="ID", help="A project on Google Cloud, not the local stack.")
@data_option
@json_option
def stats(data: Path, project: str, *, days: int, as_json: bool) -> None:
    """Show how many jobs were made on each UTC day, how they ended and why, and what was paid for them.

    Days are counted when they are over, by the task analytics. Today's numbers: loupe top
    """
    from loupe.client import backend
    from loupe.client.stack import require
    from loupe.view import stats as view
    from loupe.view.console import out, say
    from loupe.view.json import show_json
    from shared.documents import from_document, to_json
    from shared.ledger import day_of
    from shared.model.analytics import Day, path_of

    with backend.talking():
        place = backend.of_project(project) if project else backend.of_stack(require(data))
        names = [day_of(datetime.now(UTC) - timedelta(days=number)) for number in range(1, days + 1)]
        found = {name: fields for name in names if (fields := place.database.read(path_of(name))) is not None}
    counted = {name: from_document(fields, Day) for name, fields in found.items()}
    if as_json:
        show_json({"days": {name: to_json(day) for name, day in counted.items()}})
        return
    if counted:
        out().print(view.table(counted))
    missing = len(names) - len(counted)
    if missing:
        say(f"{missing} of {len(names)} days are not counted: that is done every hour for the last seven.")
