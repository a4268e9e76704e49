"""Which documents a request sees: those of now, of a time it names, or of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.firestore import clock
from localcloud.firestore.documents import Reader
from localcloud.firestore.plan import Plan
from localcloud.firestore.store import Store
from localcloud.firestore.transactions import Transaction, Transactions
from localcloud.firestore.turns import Turns
from localcloud.firestore.wire import Document


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """One request's view. `reader` is to be used in the step of the event loop in which the view was opened.

    token: what the answer names as the new transaction; empty if the request did not ask for one.
    """

    reader: Reader
    time: int
    transaction: Transaction | None
    token: bytes

    def saw_document(self, name: str, document: Document | None) -> None:
        """Have the transaction, if there is one, remember a document that was read."""
        if self.transaction is not None and not self.transaction.read_only:
            self.transaction.documents.setdefault(name, document)

    def saw_results(self, plan: Plan, results: Sequence[Document]) -> None:
        """Have the transaction, if there is one, remember the results of a query."""
        if self.transaction is not None and not self.transaction.read_only:
            self.transaction.queries.append((plan, results))
            # The results are as old as this view; another read may have moved the transaction on meanwhile.
            self.transaction.as_of = min(self.transaction.as_of, self.time)


class Readings:
    """Opens views."""

    def __init__(self, store: Store, transactions: Transactions, turns: Turns) -> None:
        self._store = store
        self._transactions = transactions
        self._turns = turns

    async def open(self, request: Any, wanted: Sequence[str]) -> Reading:
        """The view that the consistency selector of `request` asks for; it may wait for its turn.

        `wanted`: names of documents or collections that will be read. Raises what `Transactions` raises, and
        INVALID_ARGUMENT or FAILED_PRECONDITION for a read time that cannot be.
        """
        selector = request.WhichOneof("consistency_selector")
        if selector == "read_time":
            time = clock.exact_microseconds(request.read_time)
            return Reading(reader=self._store.at(time), time=time, transaction=None, token=b"")
        if selector == "transaction":
            transaction = self._transactions.get(request.transaction)
            return await self._open_in(transaction, wanted, token=b"")
        if selector == "new_transaction":
            transaction = self._transactions.begin(request.new_transaction)
            return await self._open_in(transaction, wanted, token=transaction.token)
        return Reading(reader=self._store.now, time=self._store.clock.now(), transaction=None, token=b"")

    async def _open_in(self, transaction: Transaction, wanted: Sequence[str], *, token: bytes) -> Reading:
        if not transaction.read_only:
            await self._turns.take(transaction, wanted)
        reader = self._transactions.reader(transaction)
        return Reading(reader=reader, time=transaction.as_of, transaction=transaction, token=token)
