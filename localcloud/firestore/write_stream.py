"""Write: a stream of commits, each answered before the next is read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from localcloud.edge import Edge
from localcloud.faults.details import written_documents
from localcloud.firestore import clock, names
from localcloud.firestore.refusals import invalid
from localcloud.firestore.store import Store
from localcloud.firestore.streams import Streams
from localcloud.firestore.wire import WriteRequest, WriteResponse
from localcloud.firestore.writing_calls import check_request_size


class WriteStreamCalls:
    """Write."""

    def __init__(self, store: Store, streams: Streams, edge: Edge) -> None:
        self._store = store
        self._streams = streams
        self._edge = edge

    async def write(self, requests: AsyncIterator[WriteRequest], _: Any) -> AsyncIterator[WriteResponse]:
        """Write: the first request opens the stream, every further one is a commit. A refused commit ends the stream.

        Raises INVALID_ARGUMENT if the first request names no database or has writes, UNAVAILABLE when the service
        stops, and what a commit raises.
        """
        database = ""
        answered = 0
        async for request in self._streams.requests(requests):
            answer = WriteResponse(stream_token=answered.to_bytes(8, "big"))
            if not answered:
                database = _opened(request)
                answer.stream_id = secrets.token_hex(8)
            else:
                check_request_size(request)
                async with self._edge.around("firestore.Write.commit", partial(written_documents, request)):
                    time, results = self._store.commit(database, request.writes)
                answer.write_results.extend(results)
                answer.commit_time.CopyFrom(clock.timestamp(time))
            answered += 1
            yield answer


def _opened(request: WriteRequest) -> str:
    if request.writes:
        raise invalid("the first request of a write stream must not have writes")
    if request.stream_id:
        raise invalid("a write stream cannot be resumed: open a new one")
    return names.check_database(request.database)
