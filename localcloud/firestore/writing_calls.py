"""The calls that write, and those that begin and end transactions."""

from __future__ import annotations

import asyncio
import secrets
import string
from typing import Any

from localcloud.firestore import clock, fields, names
from localcloud.firestore.refusals import invalid
from localcloud.firestore.store import Store
from localcloud.firestore.transactions import Transactions
from localcloud.firestore.turns import Turns
from localcloud.firestore.wire import (
    BatchWriteRequest,
    BatchWriteResponse,
    BeginTransactionRequest,
    BeginTransactionResponse,
    CommitRequest,
    CommitResponse,
    CreateDocumentRequest,
    DeleteDocumentRequest,
    Document,
    Empty,
    RollbackRequest,
    Status,
    UpdateDocumentRequest,
    Write,
    WriteResult,
)
from localcloud.firestore.writes import name_of
from localcloud.rpc import RpcError

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_BATCH_WRITES = 500

_ID_LENGTH = 20
_ID_LETTERS = string.ascii_letters + string.digits

# Independent writes done before other calls get their turn.
_SLICE = 20


class WritingCalls:
    """Commit, BatchWrite, CreateDocument, UpdateDocument, DeleteDocument, BeginTransaction, Rollback."""

    def __init__(self, store: Store, transactions: Transactions, turns: Turns) -> None:
        self._store = store
        self._transactions = transactions
        self._turns = turns

    async def commit(self, request: CommitRequest, _: Any) -> CommitResponse:
        """Commit: all writes or none; in a transaction, only if what it has read is still so."""
        check_request_size(request)
        if not request.transaction:
            time, results = self._store.commit(request.database, request.writes)
            return CommitResponse(commit_time=clock.timestamp(time), write_results=results)
        transaction = self._transactions.get(request.transaction)
        if transaction.read_only and request.writes:
            raise invalid("a read-only transaction cannot write")
        try:
            self._transactions.validate(transaction)
            time, results = self._store.commit(request.database, request.writes)
        finally:
            # Whatever became of it, it cannot be used again.
            self._transactions.end(transaction)
            self._turns.give(transaction)
        return CommitResponse(commit_time=clock.timestamp(time), write_results=results)

    async def batch_write(self, request: BatchWriteRequest, _: Any) -> BatchWriteResponse:
        """BatchWrite: each write on its own, with its own status."""
        check_request_size(request)
        names.check_database(request.database)
        if len(request.writes) > MAX_BATCH_WRITES:
            raise invalid(f"a batch holds more than {MAX_BATCH_WRITES} writes")
        written = [name_of(write) for write in request.writes]
        if len(set(written)) < len(written):
            raise invalid("the same document cannot be written more than once in a single request")
        answer = BatchWriteResponse()
        for position, write in enumerate(request.writes, start=1):
            result, status = self._write_alone(request.database, write)
            answer.write_results.append(result)
            answer.status.append(status)
            if position % _SLICE == 0:
                await asyncio.sleep(0)
        return answer

    async def create(self, request: CreateDocumentRequest, _: Any) -> Document:
        """CreateDocument, with an id made up if none is given. Raises ALREADY_EXISTS."""
        check_request_size(request)
        if request.document.name:
            raise invalid("document.name must not be set")
        names.check_parent(request.parent)
        names.check_collection_id(request.collection_id)
        document_id = request.document_id or "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
        names.check_document_id(document_id)
        name = f"{request.parent}/{request.collection_id}/{document_id}"
        write = Write(update=request.document, current_document={"exists": False})
        write.update.name = name
        return self._write_and_read(name, write, request)

    async def update(self, request: UpdateDocumentRequest, _: Any) -> Document:
        """UpdateDocument: sets or makes a document."""
        check_request_size(request)
        name = names.check_document(request.document.name)
        write = Write(update=request.document)
        if request.HasField("update_mask"):
            write.update_mask.CopyFrom(request.update_mask)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        return self._write_and_read(name, write, request)

    async def delete(self, request: DeleteDocumentRequest, _: Any) -> Empty:
        """DeleteDocument: no error if there is none, unless a precondition says so."""
        write = Write(delete=names.check_document(request.name))
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        self._store.commit(names.database_of(request.name), [write])
        return Empty()

    async def begin(self, request: BeginTransactionRequest, _: Any) -> BeginTransactionResponse:
        """BeginTransaction."""
        names.check_database(request.database)
        return BeginTransactionResponse(transaction=self._transactions.begin(request.options).token)

    async def rollback(self, request: RollbackRequest, _: Any) -> Empty:
        """Rollback: no error if the transaction is already over. Raises INVALID_ARGUMENT if there never was one."""
        names.check_database(request.database)
        if not self._transactions.is_known(request.transaction):
            raise invalid("the transaction is invalid")
        transaction = self._transactions.find(request.transaction)
        if transaction is not None:
            self._transactions.end(transaction)
            self._turns.give(transaction)
        return Empty()

    def _write_alone(self, database: str, write: Write) -> tuple[WriteResult, Status]:
        try:
            _, results = self._store.commit(database, [write])
        except RpcError as error:
            code, _ = error.code.value
            return WriteResult(), Status(code=code, message=error.message)
        return results[0], Status()

    def _write_and_read(self, name: str, write: Write, request: Any) -> Document:
        mask = [fields.parse(text) for text in request.mask.field_paths] if request.HasField("mask") else None
        self._store.commit(names.database_of(name), [write])
        document = self._store.now.get(name)
        if document is None:
            raise AssertionError(f"{name} is gone in the step that wrote it")
        return document if mask is None else fields.project(document, mask)


def check_request_size(request: Any) -> None:
    """Raises INVALID_ARGUMENT for a request of more than 10 MiB."""
    if request.ByteSize() > MAX_REQUEST_BYTES:
        raise invalid(f"the request is larger than {MAX_REQUEST_BYTES} bytes")
