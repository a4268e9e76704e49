"""`loupe cancel`, `loupe retry`, `loupe reprocess`, `loupe delete`: what one may ask for of one's own jobs."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import click

from loupe.commands.options import data_option, job_id_in, json_option


@click.command(short_help="End one of your jobs.")
@click.argument("job")
@data_option
@json_option
def cancel(job: str, data: Path, *, as_json: bool) -> None:
    """End one of your jobs as CANCELLED; one that is final stays as it is."""
    _ask(job, "cancel", data, as_json=as_json)


@click.command(short_help="Have a FAILED job run once more.")
@click.argument("job")
@data_option
@json_option
def retry(job: str, data: Path, *, as_json: bool) -> None:
    """Have a job that FAILED run once more, with the photos that were sent."""
    _ask(job, "retry", data, as_json=as_json)


@click.command(short_help="Have a COMPLETED job run once more.")
@click.argument("job")
@data_option
@json_option
def reprocess(job: str, data: Path, *, as_json: bool) -> None:
    """Have a job that is COMPLETED run once more; its results stay until the new ones are there."""
    _ask(job, "reprocess", data, as_json=as_json)


@click.command(short_help="Delete one of your jobs.")
@click.argument("job")
@data_option
@json_option
def delete(job: str, data: Path, *, as_json: bool) -> None:
    """Delete one of your jobs, its photos, and everything that was made of them. It does not come back."""
    from loupe.client.phone import signed_in
    from loupe.client.stack import using
    from loupe.view.console import say
    from loupe.view.json import show_json

    job_id = job_id_in(job)
    with using(data, say=say) as running, signed_in(running) as phone:
        phone.delete("status", f"/v1/jobs/{job_id}")
    if as_json:
        show_json({"deleted": f"jobs/{job_id}"})
    else:
        say(f"Deleted {job_id}. Its photos and results are being removed.")


def _ask(job: str, verb: str, data: Path, *, as_json: bool) -> None:
    from loupe.client.phone import signed_in
    from loupe.client.stack import using
    from loupe.view.console import say
    from loupe.view.json import show_json

    job_id = job_id_in(job)
    with using(data, say=say) as running, signed_in(running) as phone:
        found: dict[str, Any] = phone.post("status", f"/v1/jobs/{job_id}:{verb}", {}, key=uuid.uuid4().hex)
    if as_json:
        show_json(found)
        return
    say(f"{job_id} is {found['state']}, in run {found['run']}. Watch it with: loupe watch {job_id}")
