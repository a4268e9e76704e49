"""`loupe jobs`: one's own jobs, newest first."""

from __future__ import annotations

from pathlib import Path

import click

from loupe.commands.options import data_option, json_option
from shared.model.kinds import KINDS
from shared.model.states import State


@click.command(short_help="List your jobs.")
@data_option
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Only of this kind.")
@click.option("--state", type=click.Choice([state.value for state in State], case_sensitive=False), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@json_option
def jobs(data: Path, *, kind: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """List your jobs, newest first."""
    from loupe.client.listing import own_jobs
    from loupe.client.phone import signed_in
    from loupe.client.stack import using
    from loupe.view.console import out, say
    from loupe.view.json import show_json
    from loupe.view.listing import table

    with using(data, say=say) as running, signed_in(running) as phone:
        found = own_jobs(phone, limit, kind=kind, state=state)
    if as_json:
        show_json({"jobs": found})
    elif found:
        out().print(table(found))
    else:
        say("No jobs yet. Make one with: loupe analyze photo.jpg --kind inspection")
