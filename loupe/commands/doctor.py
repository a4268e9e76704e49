"""`loupe doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Misuse

if TYPE_CHECKING:
    from loupe.doctor.finding import Finding


@click.command(short_help="Find what is wrong, and how to mend it.")
@click.option("--smoke", is_flag=True, help="Send one photo through a deployment instead.")
@click.option("--upload", default="", metavar="URL", help="Where upload answers (with --smoke).")
@click.option("--status", default="", metavar="URL", help="Where status answers (with --smoke).")
@click.option("--api-key", default="", metavar="KEY", help="The Firebase API key (with --smoke).")
@click.option("--sign-in", default="", metavar="URL", help="Identity Toolkit, where it is not Google's (with --smoke).")
@click.option("--app-id", default="", metavar="ID", help="The Firebase app, where App Check is on (with --smoke).")
@click.option(
    "--debug-token", default="", metavar="TOKEN", envvar="LOUPE_DEBUG_TOKEN", help="Its App Check debug token."
)
@click.option("--photo", type=click.Path(dir_okay=False, exists=True, path_type=Path), help="Send this photo.")
@click.option("--project", default="", metavar="ID", help="Look at this project on Google Cloud instead.")
@click.option("--region", default="", metavar="REGION", help="Where Terraform has put it (with --project).")
@click.option("--prefix", default="", metavar="NAME", help="Its prefix (with --project).  [default: loupe]")
@data_option
@json_option
def doctor(data: Path, *, smoke: bool, as_json: bool, photo: Path | None, **place: str) -> int:
    """Look at this machine and at the stack, and say how to mend what is wrong.

    With --project: compare what is there with what Terraform lays. It only reads, with the credentials that Google's
    libraries find (gcloud auth application-default login).

    With --smoke: send one photo through a deployment as an app would. Without URLs it is the running local stack.

    Ends with 0 if nothing keeps Loupe from working, else 1.
    """
    from localcloud.supervisor.plan import ROOT
    from loupe.doctor import machine, services
    from loupe.doctor.finding import Health
    from loupe.view.findings import show
    from loupe.view.json import show_json

    project, region, prefix = (place.pop(name) for name in ("project", "region", "prefix"))
    if project:
        if smoke or photo or not region or any(value for name, value in place.items() if name != "debug_token"):
            raise Misuse("--project goes with --region and --prefix, and with nothing else of a deployment.")
        findings = _project(ROOT, project, region, prefix or "loupe")
    elif region or prefix:
        raise Misuse("--region and --prefix are of a project: add --project.")
    elif smoke:
        findings = _smoke(data, photo, place)
    elif photo or any(value for name, value in place.items() if name != "debug_token"):
        raise Misuse("These options are for a deployment: add --smoke.")
    else:
        findings = [*machine.look(ROOT, data), *services.look(data)]
    healthy = not any(finding.health is Health.BAD for finding in findings)
    if as_json:
        show_json({"healthy": healthy, "findings": findings})
    else:
        show(findings)
    return 0 if healthy else 1


def _project(root: Path, project: str, region: str, prefix: str) -> list[Finding]:
    from loupe.client.cloud import of_yourself
    from loupe.doctor.project import Project, look

    return list(look(Project(cloud=of_yourself(project), root=root, project=project, region=region, prefix=prefix)))


def _smoke(data: Path, photo: Path | None, place: Mapping[str, str]) -> list[Finding]:
    from loupe.client.deployed import SIGN_IN, Place
    from loupe.client.phone import API_KEY
    from loupe.client.photos import find
    from loupe.client.stack import require
    from loupe.doctor import smoke

    if place["debug_token"] and not re.fullmatch(r"\d+:\d+:\w+:\w+", place["app_id"]):
        raise Misuse("A debug token is one of an app: add --app-id 1:…:web:… (terraform output firebase_config).")
    if place["upload"] and place["status"] and place["api_key"]:
        where = Place(**{**place, "sign_in": place["sign_in"] or SIGN_IN})
    elif not any((place["upload"], place["status"], place["api_key"])):
        urls = require(data).urls
        sign_in = f"{urls['auth']}/identitytoolkit.googleapis.com/v1"
        where = Place(upload=urls["upload"], status=urls["status"], api_key=API_KEY, sign_in=sign_in)
    else:
        raise Misuse("A deployment is named by --upload, --status and --api-key together (terraform output).")
    with tempfile.TemporaryDirectory() as folder:
        (one,) = find([photo or _sample(Path(folder))])
        return list(smoke.look(where, one.path.read_bytes(), one.content_type))


def _sample(folder: Path) -> Path:
    from tools.scenes import meter

    path = folder / "meter.jpg"
    meter(1280, 960).save(path, quality=90)
    return path
