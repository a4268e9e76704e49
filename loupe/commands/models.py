"""`loupe models`: what models there are, and which of them answers."""

from __future__ import annotations

from typing import Any

import click

from loupe.commands.models_add import add
from loupe.commands.places import ask, place_options, show
from loupe.trouble import Trouble


@click.group(short_help="Add, verify and promote ONNX models.")
def models() -> None:
    """Look after the models that analyses use (docs/guides/bring-your-model.md).

    They are those of the running stack; --bucket means a bucket on Google Cloud, --folder a folder such as models/.
    """


models.add_command(add)


@models.command("list", short_help="List them.")
@place_options
def list_models(**place: Any) -> None:
    """List all models with their versions, aliases and candidates."""
    from loupe.view.models import listing

    show(ask("list", place), place, listing)


@models.command(short_help="Look at them again.")
@click.argument("model", default="", metavar="[NAME[/VERSION]]")
@place_options
def verify(model: str, **place: Any) -> None:
    """Check hashes, manifests and answers of all models, or of one; ends with 1 if any does not hold."""
    from loupe.view.models import checks

    answer = ask("verify", place, model=model)
    show(answer, place, checks)
    if any(one["problem"] for one in answer["models"]):
        raise Trouble("At least one model does not hold; jobs that need it fail with MODEL_UNAVAILABLE.")


@models.command(short_help="Have an alias point to a version.")
@click.argument("model", metavar="NAME/VERSION")
@click.option("--alias", default="stable", show_default=True, help="Which alias.")
@click.option("--reason", default="", help="Why, for the history.")
@place_options
def promote(model: str, alias: str, reason: str, **place: Any) -> None:
    """Have NAME@stable, or another alias, point to this version; running functions follow within ten seconds."""
    from loupe.view.models import moved

    show(ask("promote", place, model=model, alias=alias, reason=reason), place, moved)


@models.command(short_help="Have an alias point to what it pointed to before.")
@click.argument("name")
@click.option("--alias", default="stable", show_default=True, help="Which alias.")
@place_options
def rollback(name: str, alias: str, **place: Any) -> None:
    """Undo the last promotion; doing it again goes back further."""
    from loupe.view.models import moved

    show(ask("rollback", place, name=name, alias=alias), place, moved)


@models.command(short_help="Show a model's card.")
@click.argument("model", metavar="NAME[@ALIAS|/VERSION]")
@place_options
def card(model: str, **place: Any) -> None:
    """Show where a model comes from, what it was measured at, and what it is not for."""
    from loupe.view.models import card as as_card

    show(ask("card", place, model=model), place, as_card)
