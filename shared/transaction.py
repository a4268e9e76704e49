"""Read some documents, decide, write all of it or nothing: the one way Loupe changes state in Firestore.

Every document that a decision read and writes is written on condition that it is still as it was read, in one Commit
call. That takes no lock and one call fewer than a Firestore transaction, and each call has a timeout of its own.

A commit may be lost, applied, or applied without an answer. In all three cases the documents are read again and
`decide` runs again; so a decision must recognise its own earlier effect, by an owner or a name it chose itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from google.api_core import exceptions, retry

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentSnapshot, Query, WriteBatch

R = TypeVar("R")
Fields = dict[str, Any]

CALL_TIMEOUT: Final = 5.0  # seconds, of each read and each commit
TOTAL_TIMEOUT: Final = 20.0  # seconds, of all tries together

UNANSWERED: Final = (
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,  # a stream that broke off
)
AGAIN: Final = (
    *UNANSWERED,
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What shall become of one document.

    A document that was read is written only if nobody has written it since. One that was not read is written as it
    comes: only for documents whose name and content follow from the decision alone, so that twice is as good as once.
    """

    path: str
    fields: Fields
    add: Mapping[str, int] = {}  # numbers to add to fields, on top


def read(client: Client, path: str) -> Fields | None:
    """The fields of one document as it is now, or None where there is none.

    Raises google.api_core.exceptions.RetryError when Firestore does not answer within CALL_TIMEOUT. (The client's own
    retries go on for five minutes, whatever timeout a call is given.)
    """
    fields: Fields | None = _reading()(client.document(path).get)(timeout=CALL_TIMEOUT, retry=None).to_dict()
    return fields


def fetch(query: Query) -> list[DocumentSnapshot[Any]]:
    """The documents that a query finds, within the same time as `read`."""
    found: list[DocumentSnapshot[Any]] = _reading()(query.get)(timeout=CALL_TIMEOUT, retry=None)
    return found


def transact(
    client: Client, paths: Sequence[str], decide: Callable[[Mapping[str, Fields | None]], tuple[R, Sequence[Write]]]
) -> R:
    """Run `decide` on the documents at `paths` (None where there is none) and commit its writes.

    Returns what `decide` returned first. Raises google.api_core.exceptions.RetryError when contention or failures last
    longer than TOTAL_TIMEOUT, and what `decide` raises.
    """

    def once() -> R:
        references = [client.document(path) for path in paths]
        found = client.get_all(references, timeout=CALL_TIMEOUT, retry=None)
        snapshots: dict[str, DocumentSnapshot[Any]] = {snapshot.reference.path: snapshot for snapshot in found}
        value, writes = decide({path: snapshots[path].to_dict() for path in paths})
        if writes:
            batch = client.batch()
            for write in writes:
                _add(client, batch, write, snapshots.get(write.path))
            batch.commit(timeout=CALL_TIMEOUT, retry=None)
        return value

    again = retry.Retry(
        predicate=retry.if_exception_type(*AGAIN), initial=0.01, maximum=1.0, multiplier=2.0, timeout=TOTAL_TIMEOUT
    )
    return again(once)()


def _reading() -> retry.Retry:
    return retry.Retry(
        predicate=retry.if_exception_type(*UNANSWERED), initial=0.05, maximum=0.5, multiplier=2.0, timeout=CALL_TIMEOUT
    )


def _add(client: Client, batch: WriteBatch, write: Write, seen: DocumentSnapshot[Any] | None) -> None:
    from google.cloud.firestore import Increment

    reference = client.document(write.path)
    fields = {**write.fields, **{name: Increment(number) for name, number in write.add.items()}}
    if seen is None:
        batch.set(reference, fields, merge=bool(write.add))
    elif seen.exists:
        batch.update(reference, fields, option=client.write_option(last_update_time=seen.update_time))
    else:
        batch.create(reference, fields)
