"""`loupe backup` and `loupe restore`: everything that a project keeps, into a folder and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from loupe.commands.options import data_option, json_option
from loupe.trouble import Trouble

if TYPE_CHECKING:
    from loupe.backup.place import Place

JOURNAL: Final = "restored-into-{project}.jsonl"

project_option = click.option(
    "--project", default="", metavar="ID", help="A project on Google Cloud, not the local stack."
)
folder_argument = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.command(short_help="Take everything that is kept into a folder.")
@folder_argument
@project_option
@data_option
@json_option
def backup(folder: Path, project: str, data: Path, *, as_json: bool) -> None:
    """Take all documents, as of one moment, and all objects into FOLDER, with counts and checksums.

    On the local stack, or with --project on Google Cloud, with the credentials that Google's libraries find. Sign-in
    accounts are Firebase's: firebase auth:export. A database of millions of documents is better exported by
    Firestore itself: docs/guides/backup.md.
    """
    from loupe.backup import taking
    from loupe.client.backend import talking
    from loupe.view import backup as view
    from loupe.view.json import show_json

    with talking(), view.progress() as told:
        made = taking.take(_place(project, data), folder, datetime.now(UTC), told)
    if as_json:
        show_json(made)
    else:
        view.taken(made, folder)


@click.command(short_help="Put a backup into an empty project.")
@folder_argument
@click.option("--dry-run", is_flag=True, help="Only check the backup, and that the project is empty.")
@click.option("--rollback", is_flag=True, help="Remove what a restore from FOLDER has written into this project.")
@project_option
@data_option
@json_option
def restore(folder: Path, project: str, data: Path, *, dry_run: bool, rollback: bool, as_json: bool) -> int:
    """Put everything in FOLDER into an empty project, and compare counts and checksums afterwards.

    Ends with 0 if all is as it was, 1 if not. What was written is noted in FOLDER, so that --rollback can remove it.
    """
    from loupe.backup import restoring
    from loupe.client.backend import talking
    from loupe.view import backup as view
    from loupe.view.json import show_json

    with talking():
        place = _place(project, data)
        journal = folder / JOURNAL.format(project=place.project)
        if rollback:
            return _roll_back(place, journal)
        if dry_run:
            made = restoring.check(place, folder, datetime.now(UTC))
            view.would_restore(made, place.project)
            return 0
        with view.progress() as told:
            made = restoring.restore(place, folder, journal, datetime.now(UTC), told)
            now = restoring.found(place, datetime.now(UTC))
    if as_json:
        show_json({"before": made.totals, "now": now, "same": now == made.totals})
    else:
        view.restored(made.totals, now, folder)
    return 0 if now == made.totals else 1


def _roll_back(place: Place, journal: Path) -> int:
    from loupe.backup import restoring
    from loupe.view import backup as view

    if not journal.is_file():
        raise Trouble(f"Nothing was restored into {place.project} from {journal.parent}: there is nothing to remove.")
    with view.progress() as told:
        changed = restoring.take_back(place, journal, told)
    view.removed(changed)
    return 1 if changed else 0


def _place(project: str, data: Path) -> Place:
    from loupe.backup import place
    from loupe.client.stack import require

    return place.of_project(project) if project else place.of_stack(require(data))
