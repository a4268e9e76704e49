"""The calls that read documents by name or list them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from localcloud.firestore import clock, fields, names, paging
from localcloud.firestore.documents import Reader
from localcloud.firestore.plan import compile_query
from localcloud.firestore.reading import Readings
from localcloud.firestore.refusals import invalid, not_found, unimplemented
from localcloud.firestore.scope import Scope
from localcloud.firestore.wire import (
    BatchGetDocumentsRequest,
    BatchGetDocumentsResponse,
    Document,
    DocumentMask,
    GetDocumentRequest,
    ListCollectionIdsRequest,
    ListCollectionIdsResponse,
    ListDocumentsRequest,
    ListDocumentsResponse,
)


class ReadingCalls:
    """GetDocument, BatchGetDocuments, ListDocuments, ListCollectionIds."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    async def get(self, request: GetDocumentRequest, _: Any) -> Document:
        """GetDocument. Raises NOT_FOUND."""
        names.check_document(request.name)
        mask = _mask(request)
        reading = await self._readings.open(request, [request.name])
        document = reading.reader.get(request.name)
        reading.saw_document(request.name, document)
        if document is None:
            raise not_found(f"Document not found: {request.name}")
        return _masked(document, mask)

    async def batch_get(self, request: BatchGetDocumentsRequest, _: Any) -> AsyncIterator[BatchGetDocumentsResponse]:
        """BatchGetDocuments: each document once, found or missing, in the order of the request."""
        names.check_database(request.database)
        wanted = list(dict.fromkeys(map(names.check_document, request.documents)))
        if any(names.database_of(name) != request.database for name in wanted):
            raise invalid("a document is not in the database of the request")
        mask = _mask(request)
        reading = await self._readings.open(request, wanted)
        documents = [reading.reader.get(name) for name in wanted]
        for name, document in zip(wanted, documents, strict=True):
            reading.saw_document(name, document)
        time = clock.timestamp(reading.time)
        if reading.token:
            yield BatchGetDocumentsResponse(transaction=reading.token, read_time=time)
        for name, document in zip(wanted, documents, strict=True):
            if document is None:
                yield BatchGetDocumentsResponse(missing=name, read_time=time)
            else:
                yield BatchGetDocumentsResponse(found=_masked(document, mask), read_time=time)

    async def list_documents(self, request: ListDocumentsRequest, _: Any) -> ListDocumentsResponse:
        """ListDocuments: a page of a collection, if wanted with documents that only have documents below them."""
        size = paging.size(request.page_size)
        query = paging.listing(request, size)
        plan = compile_query(request.parent, query)
        mask = _mask(request)
        reading = await self._readings.open(request, [plan.scope.label])
        candidates = reading.reader.within(plan.scope)
        if request.show_missing:
            if reading.transaction is not None:
                raise unimplemented("show_missing in a transaction")
            candidates += _missing(reading.reader, plan.scope, {document.name for document in candidates})
        results = await plan.results_in_slices(candidates)
        reading.saw_results(plan, results)
        page = results[:size]
        token = paging.after(page[-1], query) if len(results) > size else ""
        return ListDocumentsResponse(documents=[_masked(found, mask) for found in page], next_page_token=token)

    async def list_collection_ids(self, request: ListCollectionIdsRequest, _: Any) -> ListCollectionIdsResponse:
        """ListCollectionIds: the collections directly below a document or the root, in order."""
        parent = names.check_parent(request.parent)
        size = paging.size(request.page_size)
        after = paging.decode(request.page_token).decode(errors="replace")
        reading = await self._readings.open(request, [])
        found = {_part_below(parent, path) for path in reading.reader.collections(parent)}
        rest = sorted(collection_id for collection_id in found if collection_id > after)
        token = paging.encode(rest[size - 1].encode()) if len(rest) > size else ""
        return ListCollectionIdsResponse(collection_ids=rest[:size], next_page_token=token)


def _mask(request: Any) -> list[fields.Path] | None:
    mask: DocumentMask = request.mask
    return [fields.parse(text) for text in mask.field_paths] if request.HasField("mask") else None


def _masked(document: Document, mask: list[fields.Path] | None) -> Document:
    return document if mask is None else fields.project(document, mask)


def _missing(reader: Reader, scope: Scope, present: set[str]) -> list[Document]:
    """Nameplates of documents in scope that do not exist, but have documents below them."""
    found = set()
    for path in reader.collections(scope.parent):
        ancestor = names.split(path)[0]
        while len(ancestor) > len(scope.parent):
            collection, _ = names.split(ancestor)
            if ancestor not in present and scope.holds(collection):
                found.add(ancestor)
            ancestor = names.split(collection)[0]
    return [Document(name=name) for name in found]


def _part_below(parent: str, path: str) -> str:
    return path[len(parent) + 1 :].partition("/")[0]
