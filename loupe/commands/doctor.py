"""`loupe doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import click

from loupe.commands.options import data_option, json_option


@click.command(short_help="Find what is wrong, and how to mend it.")
@data_option
@json_option
def doctor(data: Path, *, as_json: bool) -> int:
    """Look at this machine and at the stack, and say how to mend what is wrong.

    Ends with 0 if nothing keeps Loupe from working, else 1.
    """
    from localcloud.supervisor.plan import ROOT
    from loupe.doctor import machine, services
    from loupe.doctor.finding import Health
    from loupe.view.findings import show
    from loupe.view.json import show_json

    findings = [*machine.look(ROOT, data), *services.look(data)]
    healthy = not any(finding.health is Health.BAD for finding in findings)
    if as_json:
        show_json({"healthy": healthy, "findings": findings})
    else:
        show(findings)
    return 0 if healthy else 1
