"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from loupe.trouble import Misuse
from shared.model.job import JOB_ID

DEFAULT_DATA: Final = Path(__file__).resolve().parents[2] / ".loupe"

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    default=DEFAULT_DATA,
    envvar="LOUPE_DATA",
    show_envvar=True,
    metavar="DIR",
    help="Where the local stack keeps everything.  [default: .loupe in the repository]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(1, 3600),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop watching a job after this long; the job itself goes on.",
)


def job_id_in(job: str) -> str:
    """The id in `jobs/ID` or `ID`. Raises Misuse."""
    job_id = job.removeprefix("jobs/")
    if not JOB_ID.fullmatch(job_id):
        raise Misuse(f"{job!r} is not the id of a job. List yours with: loupe jobs")
    return job_id
