"""The models of a stack, of a bucket or of a folder, as `functions.analyze.models` answers about them.

Models are the analyze function's own business: it is asked as a program, not imported, and nothing here opens one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from localcloud.supervisor.plan import ROOT, client_environment
from localcloud.topology import Names
from loupe.client.stack import require
from loupe.trouble import Trouble


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the models are: a folder, a bucket on Google Cloud, or else the running stack on `data`."""

    data: Path
    bucket: str = ""
    folder: Path | None = None


def ask(place: Place, command: str, asked: Mapping[str, Any]) -> Any:
    """What the registry answers. Raises Trouble with what it says is wrong."""
    where, environment = _where(place)
    question = msgspec.json.encode(asked).decode()
    line = [sys.executable, "-P", "-m", "functions.analyze.models", command, *where, "--asked", question]
    done = subprocess.run(line, env=environment, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise Trouble(said.splitlines()[-1] if said else "The models could not be looked at; nothing was said.")
    return msgspec.json.decode(done.stdout)


def _where(place: Place) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if place.folder is not None:
        return ["--folder", str(place.folder)], environment
    if place.bucket:
        return ["--bucket", place.bucket], environment
    running = require(place.data)
    bucket = Names(project=running.project).models_bucket
    return ["--bucket", bucket], environment | client_environment(running.project, running.ports)
