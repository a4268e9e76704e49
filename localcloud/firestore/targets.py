"""From a target on the wire to a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from localcloud.firestore import names, views
from localcloud.firestore.plan import compile_query
from localcloud.firestore.refusals import invalid
from localcloud.firestore.store import Store
from localcloud.firestore.watchers import Inbox, Watch
from localcloud.firestore.wire import Document, Target

MAX_DOCUMENTS = 1000

# Documents taken in before other calls get their turn; about a millisecond's worth.
_SLICE = 400


def watch_of(target: Target, target_id: int, *, database: str, inbox: Inbox) -> Watch:
    """The watch that a target asks for, with nothing in it yet. Raises INVALID_ARGUMENT, UNIMPLEMENTED."""
    kind = target.WhichOneof("target_type")
    if kind == "documents":
        wanted = frozenset(map(names.check_document, target.documents.documents))
        if not 0 < len(wanted) <= MAX_DOCUMENTS:
            raise invalid(f"a target must name 1 to {MAX_DOCUMENTS} documents")
        for name in wanted:
            _check_database(name, database)
        return Watch(target_id=target_id, view=views.NamedView(wanted), inbox=inbox, where=wanted, project=_whole)
    if kind == "query" and target.query.HasField("structured_query"):
        plan = compile_query(target.query.parent, target.query.structured_query)
        _check_database(plan.scope.parent, database)
        return Watch(
            target_id=target_id, view=views.of_query(plan), inbox=inbox, where=plan.scope, project=plan.project
        )
    raise invalid("a target must have documents or a structured query")


async def load(watch: Watch, store: Store) -> None:
    """Fill the view with what is there now; other calls may run in between."""
    now: Mapping[str, Document | None]
    if isinstance(watch.where, frozenset):
        now = {name: store.now.get(name) for name in watch.where}
    else:
        now = {document.name: document for document in store.now.within(watch.where)}
    entries = list(now.items())
    for start in range(0, len(entries), _SLICE):
        watch.view.take_in(dict(entries[start : start + _SLICE]))
        if start + _SLICE < len(entries):
            await asyncio.sleep(0)
    watch.is_loading = False


def _check_database(name: str, database: str) -> None:
    if names.database_of(name) != database:
        raise invalid(f'"{name}" is not in the database of the request')


def _whole(document: Document) -> Document:
    return document
