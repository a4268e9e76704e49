"""Optimistic transactions: what was read is remembered, and a commit goes through only if it is all still so.

The reads of one transaction are consistent with each other. As long as everything read before is unchanged, a read sees
the present; once something has changed, the transaction cannot commit any more, and what it still reads is as it was.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from localcloud.firestore import clock
from localcloud.firestore.documents import Reader
from localcloud.firestore.plan import Plan
from localcloud.firestore.refusals import aborted, invalid
from localcloud.firestore.store import Store
from localcloud.firestore.wire import Document, TransactionOptions

LIFETIME_SECONDS = 270.0
IDLE_SECONDS = 60.0

_MARK = b"loupe-tx"
_PROCESS_BYTES = 8


@dataclass(kw_only=True, eq=False)
class Transaction:
    """An open transaction. `as_of` is the time that its reads show, in microseconds."""

    token: bytes
    read_only: bool
    is_retry: bool
    as_of: int
    began: float
    used: float
    documents: dict[str, Document | None] = field(default_factory=dict)
    queries: list[tuple[Plan, Sequence[Document]]] = field(default_factory=list)


class Transactions:
    """The open transactions of a store."""

    def __init__(self, store: Store, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._prefix = _MARK + secrets.token_bytes(_PROCESS_BYTES)
        self._count = 0
        self._open: dict[bytes, Transaction] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, options: TransactionOptions) -> Transaction:
        """Begin a transaction. Raises INVALID_ARGUMENT or FAILED_PRECONDITION for a read time that cannot be."""
        self._forget_expired()
        as_of = self._store.clock.now()
        if options.read_only.HasField("read_time"):
            as_of = clock.exact_microseconds(options.read_only.read_time)
            self._store.at(as_of)
        self._count += 1
        now = self._monotonic()
        transaction = Transaction(
            token=self._prefix + self._count.to_bytes(8, "big"),
            read_only=options.HasField("read_only"),
            is_retry=bool(options.read_write.retry_transaction),
            as_of=as_of,
            began=now,
            used=now,
        )
        self._open[transaction.token] = transaction
        return transaction

    def get(self, token: bytes) -> Transaction:
        """The open transaction of this token.

        Raises:
            ABORTED: it was open when the service was stopped: beginning again is right.
            INVALID_ARGUMENT: there is none, or it is over or has expired.
        """
        transaction = self._open.get(token)
        if transaction is None:
            if token.startswith(_MARK) and not token.startswith(self._prefix):
                raise aborted("the transaction was lost when the local Firestore restarted; try it again")
            raise invalid("the transaction is invalid or closed")
        if self._is_expired(transaction):
            self.end(transaction)
            raise invalid("the transaction has expired")
        transaction.used = self._monotonic()
        return transaction

    def find(self, token: bytes) -> Transaction | None:
        """The open transaction of this token, or None."""
        return self._open.get(token)

    def is_known(self, token: bytes) -> bool:
        """Whether the token was ever handed out, by this process or by one before it."""
        return token.startswith(_MARK)

    def end(self, transaction: Transaction) -> None:
        """Forget the transaction."""
        self._open.pop(transaction.token, None)

    def reader(self, transaction: Transaction) -> Reader:
        """What the transaction sees, for this step of the event loop.

        Raises ABORTED if it has been overtaken by so much that it cannot be told any more what it should see.
        """
        if not transaction.read_only and self._holds(transaction):
            transaction.as_of = self._store.clock.now()
            return self._store.now
        if self._store.changes_since(transaction.as_of) is None:
            raise aborted("too much has changed since the transaction began; try it again")
        return self._store.at(transaction.as_of)

    def validate(self, transaction: Transaction) -> None:
        """Raises ABORTED unless everything the transaction has read is still so."""
        if not transaction.read_only and not self._holds(transaction):
            raise aborted("the transaction read something that was changed in the meantime; try it again")

    def _holds(self, transaction: Transaction) -> bool:
        if self._store.last_commit <= transaction.as_of:
            return True
        now = self._store.now
        if any(now.get(name) is not document for name, document in transaction.documents.items()):
            return False
        return all(self._still_results(plan, seen, transaction.as_of) for plan, seen in transaction.queries)

    def _still_results(self, plan: Plan, seen: Sequence[Document], as_of: int) -> bool:
        changes = self._store.changes_since(as_of)
        if changes is not None and not any(plan.touches(name, before, after) for name, before, after in changes):
            return True
        results = plan.results(self._store.now.within(plan.scope))
        return len(results) == len(seen) and all(one is other for one, other in zip(results, seen, strict=True))

    def _is_expired(self, transaction: Transaction) -> bool:
        now = self._monotonic()
        return now - transaction.began > LIFETIME_SECONDS or now - transaction.used > IDLE_SECONDS

    def _forget_expired(self) -> None:
        for transaction in [held for held in self._open.values() if self._is_expired(held)]:
            self.end(transaction)
