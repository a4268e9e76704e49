"""Where models are, as options; and the registry asked about them, with the answer shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from loupe.commands.options import data_option, json_option

F = TypeVar("F", bound=Callable[..., Any])


def place_options(command: F) -> F:
    """Where the models are."""
    for option in (
        json_option,
        click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Those in this folder."),
        click.option("--bucket", default="", metavar="NAME", help="Those in this bucket on Google Cloud."),
        data_option,
    ):
        command = option(command)
    return command


def ask(command: str, place: dict[str, Any], **asked: Any) -> Any:
    """What the registry answers; `place` are the values of `place_options`."""
    from loupe.client.registry import Place
    from loupe.client.registry import ask as asking

    where = Place(data=place["data"], bucket=place["bucket"], folder=place["folder"])
    return asking(where, command, asked)


def show(answer: Any, place: dict[str, Any], view: Callable[[Any], Any]) -> None:
    """The answer for machines, or for people as `view` makes it."""
    from loupe.view.console import out
    from loupe.view.json import show_json

    if place["as_json"]:
        show_json(answer)
    else:
        out().print(view(answer))
