"""The Firestore service: its port, its calls, its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc.aio

from localcloud import rpc
from localcloud.firestore import wire
from localcloud.firestore.listen import ListenCalls
from localcloud.firestore.query_calls import QueryCalls
from localcloud.firestore.reading import Readings
from localcloud.firestore.reading_calls import ReadingCalls
from localcloud.firestore.refusals import unimplemented
from localcloud.firestore.store import Store
from localcloud.firestore.streams import Streams
from localcloud.firestore.transactions import Transactions
from localcloud.firestore.turns import Turns
from localcloud.firestore.watchers import Watchers
from localcloud.firestore.write_stream import WriteStreamCalls
from localcloud.firestore.writing_calls import WritingCalls
from localcloud.ground import Ground
from localcloud.rpc import Duplex, Stream, Unary

SERVICE = "google.firestore.v1.Firestore"
FILE = "firestore.sqlite3"

# How long calls under way may take when the service stops.
_GRACE_SECONDS = 0.2


class Firestore:
    """`google.firestore.v1.Firestore` for every project and database, kept in one file of the data folder."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._watchers = Watchers()
        self._streams = Streams()
        self._store: Store | None = None
        self._server: grpc.aio.Server | None = None

    @property
    def listeners(self) -> int:
        """How many targets are being listened to."""
        return len(self._watchers)

    async def start(self) -> None:
        """Returns when the port is open. Raises RuntimeError if the port or the file is taken."""
        store = Store(self._ground.data / FILE, source=self._ground.edge.clock("firestore"))
        store.observe(self._watchers.committed)
        methods = _methods(store, self._watchers, self._streams, self._ground)
        server = rpc.server(
            self._ground.ports.address("firestore"), rpc.handler(SERVICE, "firestore", self._ground.edge, methods)
        )
        await server.start()
        self._store, self._server = store, server

    async def stop(self) -> None:
        """Returns when the port is closed and everything is in the file."""
        self._streams.stop()
        if self._server is not None:
            await self._server.stop(_GRACE_SECONDS)
            self._server = None
        if self._store is not None:
            self._store.close()
            self._store = None


def _methods(store: Store, watchers: Watchers, streams: Streams, ground: Ground) -> Mapping[str, rpc.Method]:
    listening = ListenCalls(store, watchers, streams, ground.edge)
    write_stream = WriteStreamCalls(store, streams, ground.edge)
    transactions = Transactions(store)
    turns = Turns()
    readings = Readings(store, transactions, turns)
    reading = ReadingCalls(readings)
    querying = QueryCalls(readings)
    writing = WritingCalls(store, transactions, turns)
    return {
        "GetDocument": Unary(request=wire.GetDocumentRequest, serve=reading.get),
        "BatchGetDocuments": Stream(request=wire.BatchGetDocumentsRequest, serve=reading.batch_get),
        "ListDocuments": Unary(request=wire.ListDocumentsRequest, serve=reading.list_documents),
        "ListCollectionIds": Unary(request=wire.ListCollectionIdsRequest, serve=reading.list_collection_ids),
        "RunQuery": Stream(request=wire.RunQueryRequest, serve=querying.run),
        "RunAggregationQuery": Stream(request=wire.RunAggregationQueryRequest, serve=querying.aggregate),
        "PartitionQuery": Unary(request=wire.PartitionQueryRequest, serve=querying.partition),
        "ExecutePipeline": Unary(request=wire.ExecutePipelineRequest, serve=_no_pipelines),
        "CreateDocument": Unary(request=wire.CreateDocumentRequest, serve=writing.create),
        "UpdateDocument": Unary(request=wire.UpdateDocumentRequest, serve=writing.update),
        "DeleteDocument": Unary(request=wire.DeleteDocumentRequest, serve=writing.delete),
        "Commit": Unary(request=wire.CommitRequest, serve=writing.commit),
        "BatchWrite": Unary(request=wire.BatchWriteRequest, serve=writing.batch_write),
        "BeginTransaction": Unary(request=wire.BeginTransactionRequest, serve=writing.begin),
        "Rollback": Unary(request=wire.RollbackRequest, serve=writing.rollback),
        "Listen": Duplex(request=wire.ListenRequest, serve=listening.listen),
        "Write": Duplex(request=wire.WriteRequest, serve=write_stream.write),
    }


async def _no_pipelines(_: Any, __: Any) -> Any:
    raise unimplemented("pipelines (ExecutePipeline)")
