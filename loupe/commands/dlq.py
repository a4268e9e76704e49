"""`loupe dlq`: deliveries that Pub/Sub has given up, and what is to become of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Misuse

if TYPE_CHECKING:
    from loupe.client.dead_letters import DeadLetters, Letter


def _place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--bucket", default="", metavar="NAME", help="Its uploads bucket.  [default: PROJECT-uploads]"),
        click.option("--project", default="", metavar="ID", help="A project on Google Cloud, not the local stack."),
        data_option,
    ):
        command = option(command)
    return command


@click.group(short_help="Look after deliveries that were given up.")
def dlq() -> None:
    """Deliveries that failed as often as they are tried: their jobs FAILED, and the messages are kept for 30 days.

    On the local stack, or with --project on Google Cloud. There, credentials are those that Google's libraries find
    (gcloud auth application-default login); they need to read and write Firestore, read the uploads bucket, and publish
    to the topics uploads and events.

    \b
    Try: loupe dlq list
         loupe dlq redrive --all
    """


@dlq.command("list", short_help="Show what is kept, by reason.")
@click.option("--reason", metavar="REASON", help="Only those kept under this reason.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@_place_options
@json_option
def list_letters(data: Path, project: str, bucket: str, *, reason: str | None, limit: int, as_json: bool) -> None:
    """Show what is kept, by the reason that its job FAILED with, and how its job stands now."""
    from loupe.client.backend import talking
    from loupe.view import dead_letters as view
    from loupe.view.console import out, say
    from loupe.view.json import show_json

    with talking():
        found = _of(data, project, bucket).letters(reason=reason, limit=limit)
    if as_json:
        show_json({"deadLetters": [view.as_json(letter) for letter in found], "reasons": view.by_reason(found)})
        return
    for part in view.listing(found):
        out().print(part)
    if not found:
        say("No dead letters.")
        return
    say("Look at one: loupe dlq show ID. Have their jobs run once more: loupe dlq redrive ID, or --all.")


@dlq.command(short_help="Show one in full.")
@click.argument("name", metavar="ID")
@_place_options
@json_option
def show(name: str, data: Path, project: str, bucket: str, *, as_json: bool) -> None:
    """Show the dead letter with this ID in full, or all those of the job with this id."""
    from loupe.client.backend import talking
    from loupe.view import dead_letters as view
    from loupe.view.console import out, say
    from loupe.view.json import show_json

    with talking():
        found = _of(data, project, bucket).named([name])
    if as_json:
        show_json({"deadLetters": [view.as_json(letter) for letter in found]})
        return
    for letter in found:
        for line in view.detail(letter):
            out().print(line, soft_wrap=True)
        say(f"Next: loupe dlq redrive {letter.id}, or: loupe dlq drop {letter.id}")


@dlq.command(short_help="Have jobs run once more.")
@click.argument("names", nargs=-1, metavar="[ID]…")
@click.option("--all", "everything", is_flag=True, help="All that are kept.")
@click.option("--reason", metavar="REASON", help="All that are kept under this reason.")
@_place_options
@json_option
def redrive(
    names: tuple[str, ...],
    data: Path,
    project: str,
    bucket: str,
    *,
    everything: bool,
    reason: str | None,
    as_json: bool,
) -> int:
    """Have the jobs of dead letters run once more, at once, and drop the letters.

    What cannot be redriven stays, and says why. Ends with 0 if nothing was refused, 1 if something was.
    """
    from loupe.client.backend import talking
    from loupe.client.dead_letters import Fate
    from loupe.view import dead_letters as view
    from loupe.view.console import out, say
    from loupe.view.json import show_json

    with talking():
        letters = _of(data, project, bucket)
        done = [letters.redrive(letter) for letter in _chosen(letters, names, everything=everything, reason=reason)]
    refused = [one for one in done if one.fate is Fate.REFUSED]
    if as_json:
        show_json({"redriven": done})
    else:
        for one in done:
            out().print(view.outcome(one), soft_wrap=True)
        say("No dead letters." if not done else f"{len(done) - len(refused)} of {len(done)} redriven.")
    return 1 if refused else 0


@dlq.command(short_help="Forget what is kept.")
@click.argument("names", nargs=-1, metavar="[ID]…")
@click.option("--all", "everything", is_flag=True, help="All that are kept.")
@click.option("--reason", metavar="REASON", help="All that are kept under this reason.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_place_options
@json_option
def drop(
    names: tuple[str, ...],
    data: Path,
    project: str,
    bucket: str,
    *,
    everything: bool,
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Forget dead letters. Their jobs stay as they are."""
    from loupe.client.backend import talking
    from loupe.view.console import say
    from loupe.view.json import show_json

    with talking():
        letters = _of(data, project, bucket)
        chosen = _chosen(letters, names, everything=everything, reason=reason)
        if chosen and not names and not yes:
            click.confirm(f"Forget {len(chosen)} dead letters for good?", abort=True, err=True)
        dropped = sum(letters.drop(letter) for letter in chosen)
    if as_json:
        show_json({"dropped": dropped})
    else:
        say(f"Dropped {dropped}." if dropped else "No dead letters.")


def _chosen(letters: DeadLetters, names: Sequence[str], *, everything: bool, reason: str | None) -> list[Letter]:
    """Raises Misuse where it is not said which, or in more than one way."""
    if [bool(names), everything, reason is not None].count(True) != 1:
        raise Misuse("Say which: one or more ids, or --reason REASON, or --all. List them with: loupe dlq list")
    return letters.named(names) if names else letters.letters(reason=reason)


def _of(data: Path, project: str, bucket: str) -> DeadLetters:
    from loupe.client import backend
    from loupe.client.dead_letters import DeadLetters
    from loupe.client.stack import require

    if bucket and not project:
        raise Misuse("--bucket goes with --project: the local stack's is known.")
    return DeadLetters(backend.of_project(project, bucket) if project else backend.of_stack(require(data)))
