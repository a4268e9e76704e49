"""`loupe watch`: one job, live, and its result."""

from __future__ import annotations

from pathlib import Path

import click

from loupe.commands.options import data_option, job_id_in, json_option, timeout_option


@click.command(short_help="Watch one of your jobs, live.")
@click.argument("job")
@data_option
@timeout_option
@json_option
def watch(job: str, data: Path, *, timeout: float, as_json: bool) -> int:
    """Watch one of your jobs until it is done, and show its result.

    Ends with 0 if it COMPLETED, 1 if not.
    """
    from loupe.client import results
    from loupe.client.phone import signed_in
    from loupe.client.stack import using
    from loupe.client.watching import Watch, database
    from loupe.view import progress
    from loupe.view.console import out, say
    from loupe.view.json import show_json
    from loupe.view.result import panel

    job_id = job_id_in(job)
    with using(data, say=say) as running, signed_in(running) as phone:
        with progress.shown([job_id]) as listener, Watch(database(running), phone, job_id) as changes:
            listener.created(0, job_id)
            for now in changes.until_final(timeout):
                listener.changed(0, now)
        result = results.read(phone, job_id)
    if as_json:
        show_json(result)
    else:
        out().print(panel(result, job_id))
    return 0 if result.completed else 1
