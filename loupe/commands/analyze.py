"""`loupe analyze`: do what a phone would, and show what comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import click

from loupe.commands.options import data_option, json_option, timeout_option
from loupe.trouble import Misuse, Trouble
from shared.errors import InvalidArgument
from shared.model.kinds import KINDS, Kind, Priority

if TYPE_CHECKING:
    from loupe.client.analysis import Outcome
    from loupe.client.phone import Phone
    from loupe.client.photos import LocalPhoto
    from loupe.client.uploads import Wanted

TYPES: Final = {bool: "true or false", int: "a whole number", float: "a number"}
OUT: Final = Path("loupe-out")
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


class Asked(TypedDict):
    """The options of the command."""

    kind: str
    options: tuple[str, ...]
    location: bool
    approximate_location: bool
    priority: str
    out: Path | None
    data: Path
    timeout: float
    as_json: bool


@click.command(short_help="Send photos as an app would; see results.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--kind", required=True, metavar="KIND", help=f"What to do with them: {', '.join(sorted(KINDS))}.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Set an option of the kind.")
@click.option("--location", is_flag=True, help="Consent to keeping where the photo was taken.")
@click.option("--approximate-location", is_flag=True, help="Consent to keeping that to about a kilometre.")
@click.option("--priority", type=click.Choice([one.value for one in Priority]), default="normal", show_default=True)
@click.option("--out", type=FOLDER, metavar="DIR", help="Save pictures here.  [default: loupe-out, on a terminal]")
@data_option
@timeout_option
@json_option
def analyze(files: tuple[Path, ...], **asked: Unpack[Asked]) -> int:
    """Send photos as an app would, and show the results.

    A folder stands for the photos in it. Ends with 0 if every job COMPLETED, 1 if one FAILED, 2 if called wrongly.
    """
    from loupe.client import analysis
    from loupe.client.phone import signed_in
    from loupe.client.photos import find
    from loupe.client.stack import using
    from loupe.view import progress
    from loupe.view.console import out, say

    wanted = _wanted(find(files), asked)
    names = [", ".join(photo.name for photo in one.photos) for one in wanted]
    with using(asked["data"], say=say) as running, signed_in(running) as phone:
        with progress.shown(names) as listener:
            outcomes = analysis.run(phone, wanted, listener, within=asked["timeout"])
        folder = asked["out"]
        if folder is None and not asked["as_json"] and out().is_terminal:
            folder = OUT
        pictures = [_saved(phone, outcome, folder) for outcome in outcomes]
    if asked["as_json"]:
        _show_json(outcomes)
    else:
        _show(outcomes, names, pictures)
    return _code(outcomes)


def _wanted(photos: Sequence[LocalPhoto], asked: Asked) -> list[Wanted]:
    """One job of all photos where the kind takes several, else one job for each."""
    from loupe.client.uploads import Wanted

    kind = KINDS.get(asked["kind"])
    if kind is None:
        raise Misuse(f"There is no kind {asked['kind']!r}. There is: {', '.join(sorted(KINDS))}")
    if kind.max_images > 1 and len(photos) > kind.max_images:
        raise Misuse(f"{kind.name} takes {kind.min_images} to {kind.max_images} photos, not {len(photos)}.")
    sets = [(photo,) for photo in photos] if kind.max_images == 1 else [tuple(photos)]
    return [
        Wanted(
            kind=kind.name,
            photos=one,
            options=_options(kind, asked["options"]),
            priority=Priority(asked["priority"]),
            location=asked["location"],
            approximate_location=asked["approximate_location"],
        )
        for one in sets
    ]


def _options(kind: Kind, given: Sequence[str]) -> dict[str, Any]:
    """`text=false` as `{"text": False}`. Raises Misuse naming the options that there are."""
    options: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in kind.options:
            known = ", ".join(sorted(kind.options)) or "none"
            raise Misuse(f"{text!r} is not an option of {kind.name}. NAME=VALUE with one of these names: {known}")
        options[name] = _value(name, value, kind.options[name])
    return options


def _value(name: str, text: str, wanted: type) -> Any:
    if wanted is str:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if type(value) is not wanted:
        raise Misuse(f"{text!r} will not do for {name}, which is {TYPES[wanted]}.")
    return value


def _saved(phone: Phone, outcome: Outcome, folder: Path | None) -> list[Path]:
    from loupe import pictures

    if folder is None or outcome.result is None:
        return []
    try:
        return pictures.save(phone, outcome.result, folder)
    except OSError as error:
        raise Trouble(
            f"Cannot save pictures to {folder}: {error.strerror}. Choose another folder with --out."
        ) from error


def _show(outcomes: Sequence[Outcome], names: Sequence[str], pictures: Sequence[Sequence[Path]]) -> None:
    from loupe.view.console import complain, out
    from loupe.view.result import overview, panel

    if len(outcomes) > 1:
        out().print(overview(outcomes, names))
        folders = sorted({str(path.parent.parent) for paths in pictures for path in paths})
        for folder in folders:
            out().print(f"Pictures are in {folder}", markup=False)
        return
    for outcome, name, paths in zip(outcomes, names, pictures, strict=True):
        if outcome.result is not None:
            out().print(panel(outcome.result, name, seconds=outcome.seconds, pictures=paths))
        elif outcome.refusal is not None:
            complain(outcome.refusal.message, outcome.refusal.reason)


def _show_json(outcomes: Sequence[Outcome]) -> None:
    """One object for one job; for several, an object with a list of them in the order of the files."""
    from loupe.view.json import show_json

    shown = [outcome.result or (outcome.refusal.body() if outcome.refusal else {}) for outcome in outcomes]
    show_json(shown[0] if len(shown) == 1 else {"jobs": shown})


def _code(outcomes: Sequence[Outcome]) -> int:
    if all(outcome.completed for outcome in outcomes):
        return 0
    misused = all(isinstance(outcome.refusal, InvalidArgument) for outcome in outcomes)
    return 2 if misused else 1
