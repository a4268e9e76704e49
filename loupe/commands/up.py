"""`loupe up`: the local stack, in this terminal or in the background."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Misuse, Trouble

if TYPE_CHECKING:
    from localcloud.ground import Ports
    from localcloud.supervisor.order import Order
    from localcloud.supervisor.state import Running

HIGHEST_PORT: Final = 65535


@click.command(short_help="Start the local stack.")
@data_option
@click.option("--detach", "-d", is_flag=True, help="Return when it is up; `loupe down` stops it.")
@click.option("--free-ports", is_flag=True, help="Where a usual port is taken, use a free one.")
@click.option("--port", "ports", multiple=True, metavar="SERVICE=N", help="Another port, as in --port upload=5011.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FUNCTION.NAME=VALUE",
    help="A function's setting, as in --set upload.QUOTA_BURST=5 (docs/settings.md).",
)
@click.option("--verbose", "-v", is_flag=True, help="Show what every process prints.")
@json_option
def up(
    data: Path,
    *,
    detach: bool,
    free_ports: bool,
    ports: tuple[str, ...],
    settings: tuple[str, ...],
    verbose: bool,
    as_json: bool,
) -> None:
    """Start the local cloud and the functions; Ctrl-C stops them."""
    from localcloud.supervisor.order import Order
    from localcloud.supervisor.plan import parse_overrides

    began = time.monotonic()
    try:
        overrides = parse_overrides(settings)
    except ValueError as wrong:
        raise Misuse(str(wrong)) from wrong
    order = Order(data=str(data), ports=_ports(ports), free_ports=free_ports, overrides=overrides)
    show = _shown(as_json=as_json, began=began)
    if detach:
        _detached(order, show)
    else:
        _here(order, show, verbose=verbose)


def _here(order: Order, show: Callable[[Running], None], *, verbose: bool) -> None:
    from localcloud.supervisor.child import StartFailed
    from localcloud.supervisor.folder import AlreadyRunning, FolderBusy
    from localcloud.supervisor.order import take
    from localcloud.supervisor.ports import PortsTaken
    from localcloud.supervisor.supervisor import Voice, run
    from loupe.view.console import say
    from loupe.view.stack import echo

    try:
        folder, plan = take(order, waiting=say)
        with contextlib.closing(folder):
            asyncio.run(run(plan, folder, Voice(say=say, echo=echo if verbose else None), on_ready=show))
        say("Stopped.")
    except AlreadyRunning as already:
        say(f"It is up already, with process {already.running.supervisor.pid}; `loupe down` stops it.")
        show(already.running)
    except (FolderBusy, PortsTaken, StartFailed) as error:
        raise Trouble(str(error)) from error
    except OSError as error:
        raise Trouble(
            f"Cannot use {order.data}: {error.strerror or error}. Choose another folder with --data."
        ) from error


def _detached(order: Order, show: Callable[[Running], None]) -> None:
    from localcloud.supervisor import background
    from loupe.view.console import say

    try:
        show(background.start(order, note=say))
    except background.StackFailed as failed:
        raise Trouble(str(failed)) from failed


def _shown(*, as_json: bool, began: float) -> Callable[[Running], None]:
    def show(running: Running) -> None:
        from loupe.view import stack
        from loupe.view.json import show_json

        if as_json:
            show_json(running)
        else:
            stack.show(running, seconds=time.monotonic() - began)

    return show


def _ports(given: tuple[str, ...]) -> Ports:
    from dataclasses import replace

    from localcloud.ground import Ports

    chosen: dict[str, int] = {}
    names = [name for name, _ in Ports()]
    for text in given:
        name, _, number = text.partition("=")
        if name not in names or not number.isdecimal() or not 0 < int(number) <= HIGHEST_PORT:
            raise Misuse(f"{text!r} is not SERVICE=PORT; the services are {', '.join(names)}")
        chosen[name] = int(number)
    return replace(Ports(), **chosen)
