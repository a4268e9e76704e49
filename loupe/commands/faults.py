"""`loupe faults`: make the services of the running stack fail on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Misuse
from shared.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from loupe.client.faults import FaultsClient


class Asked(TypedDict):
    """The options of `loupe faults add` that make the rule."""

    code: str | None
    hang: bool
    drop: bool
    truncate: float | None
    silent: bool
    corrupt: str | None
    malformed: bool
    duplicate: str | None
    copies: int | None
    reorder: int | None
    within: str | None
    skew: str | None
    delay: str | None
    applied: bool
    p: float
    count: int | None
    after: int
    seed: int
    match: tuple[str, ...]


@click.group(short_help="Break the local stack on purpose.")
def faults() -> None:
    """Make calls of the local services fail, wait, hang, break, double or change places (docs/guides/faults.md).

    Try: loupe faults add firestore.Commit --code UNAVAILABLE --applied --p 0.1 --seed 7
    """


@faults.command(short_help="Put a rule in force.")
@click.argument("call", metavar="CALL")
@click.option("--code", metavar="CODE", help="Refuse it: UNAVAILABLE, ABORTED, 503, 429, 404, 412 …")
@click.option("--hang", is_flag=True, help="Nothing happens any more until the caller gives up.")
@click.option("--drop", is_flag=True, help="Close the connection without an answer; lose the notification or delivery.")
@click.option(
    "--truncate", type=click.FloatRange(0, 1, max_open=True), metavar="SHARE", help="Pass only so much of it."
)
@click.option("--silent", is_flag=True, help="The truncated answer says itself that it is so short.")
@click.option(
    "--corrupt", type=click.Choice(["body", "header"]), help="Change a bit of the body, or the checksum told."
)
@click.option("--malformed", is_flag=True, help="Answer with what cannot be read.")
@click.option("--duplicate", type=click.Choice(["same", "new"]), help="Send it again, under the same id or a new one.")
@click.option("--copies", type=click.IntRange(1, 100), help="How often again.  [default: 1]")
@click.option("--reorder", type=click.IntRange(2, 1000), metavar="WINDOW", help="Let so many change places.")
@click.option("--within", metavar="TIME", help="Do not wait longer than this for a full window.  [default: 1s]")
@click.option("--skew", metavar="TIME", help="Put a clock (storage.clock …) forward, or back: --skew -5m")
@click.option("--delay", metavar="TIME", help="Hold it up before that: 200ms, 1s..3s")
@click.option("--applied", is_flag=True, help="All this after the call has had its effect.")
@click.option("--p", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="Probability.  [default: 1]")
@click.option("--count", type=click.IntRange(1), help="At most so many calls.")
@click.option("--after", type=click.IntRange(0), default=0, help="Spare the first so many calls.")
@click.option("--seed", type=int, default=0, help="Other random numbers; the same seed hits the same calls again.")
@click.option("--match", multiple=True, metavar="DETAIL=PREFIX", help="Only for some: document=jobs/, object=normal/ …")
@data_option
@json_option
def add(call: str, data: Path, *, as_json: bool, **asked: Unpack[Asked]) -> None:
    """Put a rule in force for CALL: a name such as storage.xml.put, or a pattern such as 'firestore.*'.

    `loupe faults calls` lists the names. A rule holds until it is removed or the stack stops.
    """
    from loupe.rules import rule_from
    from loupe.view.console import out
    from loupe.view.faults import rules_table
    from loupe.view.json import show_json

    rule = rule_from(call, asked)
    try:
        added = _of(data).add(rule)
    except InvalidArgument as refused:
        raise Misuse(refused.message) from refused
    if as_json:
        show_json(added)
    else:
        out().print(rules_table([added]))


@faults.command("list", short_help="Show the rules in force.")
@data_option
@json_option
def list_rules(data: Path, *, as_json: bool) -> None:
    """Show the rules in force, and how many calls each has hit."""
    from loupe.view.console import out, say
    from loupe.view.faults import rules_table
    from loupe.view.json import show_json

    found = _of(data).rules()
    if as_json:
        show_json({"faults": found})
    elif found:
        out().print(rules_table(found))
    else:
        say("No faults. Add one, say: loupe faults add pubsub.push --duplicate new")


@faults.command(short_help="Take one rule out of force.")
@click.argument("rule_id", metavar="ID")
@data_option
@json_option
def remove(rule_id: str, data: Path, *, as_json: bool) -> None:
    """Take the rule with this ID out of force; calls that hang because of it go on to an error."""
    from loupe.view.console import say
    from loupe.view.json import show_json

    if not rule_id.isalnum():
        raise Misuse(f"{rule_id[:40]!r} is no id of a rule. List them with: loupe faults list")
    try:
        _of(data).remove(rule_id)
    except NotFound as missing:
        raise Misuse(missing.message) from missing
    if as_json:
        show_json({"removed": 1})
    else:
        say(f"Removed {rule_id}.")


@faults.command(short_help="Take all rules out of force.")
@data_option
@json_option
def clear(data: Path, *, as_json: bool) -> None:
    """Take all rules out of force."""
    from loupe.view.console import say
    from loupe.view.json import show_json

    removed = _of(data).clear()
    if as_json:
        show_json({"removed": removed})
    else:
        say(f"Removed {removed}." if removed else "There were none.")


@faults.command(short_help="List the names of calls.")
@click.option("--seen", is_flag=True, help="Only those that have come.")
@data_option
@json_option
def calls(data: Path, *, seen: bool, as_json: bool) -> None:
    """List every call by name: how often it came, failed and was hit by a rule, and what a rule can do to it."""
    from loupe.view.console import out
    from loupe.view.faults import calls_table
    from loupe.view.json import show_json

    found = [call for call in _of(data).calls() if call["entered"] or not seen]
    if as_json:
        show_json({"calls": found})
    else:
        out().print(calls_table(found))


def _of(data: Path) -> FaultsClient:
    from loupe.client.faults import FaultsClient
    from loupe.client.stack import require

    return FaultsClient(require(data))
