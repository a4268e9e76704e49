"""`loupe models`: what models there are, and which of them answers."""

from __future__ import annotations

from pathlib import Path
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
@click.option(
    "--require-agreement", type=click.FloatRange(0, 1), help="Only if it agreed with the stable version so far."
)
@click.option("--min-jobs", type=click.IntRange(1), default=100, show_default=True, help="On at least so many jobs.")
@place_options
def promote(model: str, alias: str, reason: str, require_agreement: float | None, min_jobs: int, **place: Any) -> None:
    """Have NAME@stable, or another alias, point to this version; running functions follow within ten seconds."""
    from loupe.view.models import moved

    gate = {"agreement": require_agreement, "jobs": min_jobs}
    show(ask("promote", place, model=model, alias=alias, reason=reason, **gate), place, moved)


@models.command(short_help="Have an alias point to what it pointed to before.")
@click.argument("name")
@click.option("--alias", default="stable", show_default=True, help="Which alias.")
@place_options
def rollback(name: str, alias: str, **place: Any) -> None:
    """Undo the last promotion; doing it again goes back further."""
    from loupe.view.models import moved

    show(ask("rollback", place, name=name, alias=alias), place, moved)


@models.command(short_help="Have a version answer beside the stable one.")
@click.argument("model", metavar="NAME/VERSION")
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True), default=0.1, show_default=True, help="Of the jobs."
)
@click.option("--off", is_flag=True, help="No candidate any more.")
@place_options
def shadow(model: str, share: float, off: bool, **place: Any) -> None:
    """Ask a candidate about a share of the jobs too. No user ever sees what it says; `loupe models compare` does."""
    from loupe.view.models import shadowed

    show(ask("shadow", place, model=model, share=None if off else share), place, shadowed)


@models.command(short_help="Compare a candidate with the stable version.")
@click.argument("model", metavar="NAME[/VERSION]")
@click.option("--with", "stable", type=click.IntRange(1), help="With this version.  [default: @stable]")
@place_options
def compare(model: str, stable: int | None, **place: Any) -> None:
    """Show how often a candidate said the same as the stable version, where not, and how long both took."""
    from loupe.view.models import comparison

    show(ask("compare", place, model=model, stable=stable or 0), place, comparison)


@models.command(short_help="Make a version in whole numbers (INT8).")
@click.argument("model", metavar="NAME[@ALIAS|/VERSION]")
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Pictures to calibrate on, best with a folder for each label.",
)
@click.option(
    "--held-out",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pictures to compare on.  [default: every fourth of the others]",
)
@place_options
def quantize(model: str, pictures: Path, held_out: Path | None, **place: Any) -> None:
    """Make a smaller, faster version of a model, and report what that has changed."""
    from loupe.view.models import quantized

    asked = {"pictures": str(pictures.resolve()), "heldOut": str(held_out.resolve()) if held_out else ""}
    show(ask("quantize", place, model=model, **asked), place, quantized)


@models.command(short_help="Show a model's card.")
@click.argument("model", metavar="NAME[@ALIAS|/VERSION]")
@place_options
def card(model: str, **place: Any) -> None:
    """Show where a model comes from, what it was measured at, and what it is not for."""
    from loupe.view.models import card as as_card

    show(ask("card", place, model=model), place, as_card)
