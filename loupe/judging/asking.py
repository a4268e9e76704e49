"""The intake asked about files, as a program: it is the analyze function's own business and not imported here."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from loupe.trouble import Trouble

Verdict = dict[str, Any]


def judged(files: Sequence[Path]) -> Iterator[tuple[bytes, Verdict]]:
    """The line of JSON about each file and what it says, in their order, as soon as it is known.

    Raises Trouble where no process could be started to judge photos, KeyboardInterrupt where the user ended it.
    """
    from localcloud.supervisor.plan import ROOT

    command = [sys.executable, "-P", "-m", "functions.analyze.intake.check", "--names"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as names:  # more names than a command line holds
        names.writelines(os.fsencode(file) + b"\0" for file in files)
        names.seek(0)
        process = subprocess.Popen(command, env=environment, stdin=names, stdout=subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    try:
        for line in process.stdout:
            yield line, msgspec.json.decode(line, type=Verdict)
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
        process.stdout.close()
        process.wait()
    if status == 130:
        raise KeyboardInterrupt
    if status:
        raise Trouble("The photos could not be judged; what went wrong is said above.")
