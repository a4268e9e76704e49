"""`loupe env`: how other programs find the running stack."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loupe.commands.options import data_option, json_option

if TYPE_CHECKING:
    from localcloud.supervisor.state import Running


@click.command(short_help="Exports for your own clients.")
@data_option
@json_option
def env(data: Path, *, as_json: bool) -> None:
    """Print what Google's, Firebase's and your own clients need: eval "$(loupe env)"."""
    from loupe.client.stack import require
    from loupe.view.json import show_json

    variables = environment(require(data))
    if as_json:
        show_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def environment(running: Running) -> dict[str, str]:
    """The variables by which client libraries in Python, JavaScript and others find this stack."""
    from localcloud.supervisor.plan import client_environment

    ports = running.ports
    return {
        **client_environment(running.project, ports),
        "FIREBASE_AUTH_EMULATOR_HOST": ports.address("auth"),
        "FIREBASE_STORAGE_EMULATOR_HOST": ports.address("storage"),
        "VISION_EMULATOR_HOST": ports.address("vision"),
        "GCLOUD_PROJECT": running.project,  # the name that Firebase's JavaScript libraries look for
        "LOUPE_UPLOAD_URL": ports.url("upload"),
        "LOUPE_STATUS_URL": ports.url("status"),
    }
