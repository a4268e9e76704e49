"""Firestore as the `Database`: optimistic, without locks, and with a timeout on every call.

Every document that a decision read and writes is written on condition that it is still as it was read, in one Commit
call (docs/adr/0002-conditional-commits.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.api_core import exceptions, retry

from shared.database import Decide, Fields, Span, Write

if TYPE_CHECKING:
    from google.cloud.firestore import Client, CollectionReference, DocumentSnapshot, Query, WriteBatch

R = TypeVar("R")

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


class FirestoreDatabase:
    """The documents of one Firestore database, through Google's client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(self, path: str) -> Fields | None:
        """The fields of one document as it is now, or None where there is none.

        Raises google.api_core.exceptions.RetryError when Firestore does not answer within CALL_TIMEOUT. (The client's
        own retries go on for five minutes, whatever timeout a call is given.)
        """
        document = self.client.document(path)
        fields: Fields | None = _reading()(document.get)(timeout=CALL_TIMEOUT, retry=None).to_dict()
        return fields

    def fetch(self, query: Query) -> list[DocumentSnapshot[Any]]:
        """The documents that a query finds, within the same time as `read`."""
        # The client looks into the retry it is given when a stream breaks, so None will not do.
        never = retry.Retry(predicate=lambda _: False)
        found: list[DocumentSnapshot[Any]] = _reading()(query.get)(timeout=CALL_TIMEOUT, retry=never)
        return found

    def find(self, collection: str, field: str, value: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """See `Database.find`."""
        from google.cloud.firestore_v1.base_query import FieldFilter

        query = self.client.collection(collection).where(filter=FieldFilter(field, "==", value))
        return self._page(query, limit, after)

    def page(self, collection: str, *, limit: int, after: str = "") -> list[tuple[str, Fields]]:
        """See `Database.page`."""
        return self._page(self.client.collection(collection), limit, after)

    def within(self, span: Span, *, limit: int, after: tuple[datetime, str] | None = None) -> list[tuple[str, Fields]]:
        """See `Database.within`."""
        from google.cloud.firestore import Query
        from google.cloud.firestore_v1.base_query import FieldFilter

        query = self.client.collection(span.collection).where(filter=FieldFilter(span.field, "==", span.value))
        query = query.where(filter=FieldFilter(span.time, ">=", span.since))
        query = query.where(filter=FieldFilter(span.time, "<", span.until))
        newest = Query.DESCENDING
        query = query.order_by(span.time, direction=newest).order_by("__name__", direction=newest).limit(limit)
        if after:
            query = query.start_after({span.time: after[0], "__name__": self.client.document(after[1])})
        return [(snapshot.reference.path, snapshot.to_dict() or {}) for snapshot in self.fetch(query)]

    def list_documents(self, collection: str) -> list[str]:
        """See `Database.list_documents`."""
        listed = self.client.collection(collection).list_documents(retry=_reading(), timeout=CALL_TIMEOUT)
        return [document.path for document in listed]

    def below(self, path: str) -> list[str]:
        """See `Database.below`."""
        collections = self.client.document(path).collections(retry=_reading(), timeout=CALL_TIMEOUT)
        direct = [found for collection in collections for found in self.list_documents(f"{path}/{collection.id}")]
        return [each for found in direct for each in (found, *self.below(found))]

    def transact(self, paths: Sequence[str], decide: Decide[R]) -> R:
        """See `Database.transact`.

        Raises google.api_core.exceptions.RetryError when contention or failures last longer than TOTAL_TIMEOUT.
        """
        again = retry.Retry(
            predicate=retry.if_exception_type(*AGAIN), initial=0.01, maximum=1.0, multiplier=2.0, timeout=TOTAL_TIMEOUT
        )
        return again(lambda: self._transact_once(paths, decide))()

    def _page(self, query: Query | CollectionReference, limit: int, after: str) -> list[tuple[str, Fields]]:
        query = query.order_by("__name__").limit(limit)
        if after:
            query = query.start_after({"__name__": self.client.document(after)})
        return [(snapshot.reference.path, snapshot.to_dict() or {}) for snapshot in self.fetch(query)]

    def _transact_once(self, paths: Sequence[str], decide: Decide[R]) -> R:
        references = [self.client.document(path) for path in paths]
        found = self.client.get_all(references, timeout=CALL_TIMEOUT, retry=None) if references else ()
        snapshots: dict[str, DocumentSnapshot[Any]] = {snapshot.reference.path: snapshot for snapshot in found}
        value, writes = decide({path: snapshots[path].to_dict() for path in paths})
        if writes:
            batch = self.client.batch()
            for write in writes:
                self._add(batch, write, snapshots.get(write.path))
            batch.commit(timeout=CALL_TIMEOUT, retry=None)
        return value

    def _add(self, batch: WriteBatch, write: Write, seen: DocumentSnapshot[Any] | None) -> None:
        from google.cloud.firestore import Increment

        reference = self.client.document(write.path)
        unchanged = self.client.write_option(last_update_time=seen.update_time) if seen and seen.exists else None
        if write.fields is None:
            batch.delete(reference, option=unchanged)
            return
        fields = {**write.fields, **{name: Increment(number) for name, number in write.add.items()}}
        if seen is None:
            batch.set(reference, fields, merge=bool(write.add))
        elif unchanged is not None:
            batch.update(reference, fields, option=unchanged)
        else:
            batch.create(reference, fields)


def _reading() -> retry.Retry:
    return retry.Retry(
        predicate=retry.if_exception_type(*UNANSWERED), initial=0.05, maximum=0.5, multiplier=2.0, timeout=CALL_TIMEOUT
    )
