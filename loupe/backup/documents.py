"""All documents of a database, however deep, as they were at one moment; and documents written anew."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from loupe.backup.names import Fields
from loupe.trouble import Trouble

if TYPE_CHECKING:
    from loupe.backup.place import Place

TIMEOUT: Final = 30.0  # seconds of one call
PAGE: Final = 300
BATCH: Final = 100  # documents of one commit: a request has at most 10 MiB, and a document is rarely over 100 kB


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document: its path below the root, and its fields as google.firestore.v1 writes them in JSON."""

    path: str
    fields: Fields


def everything(place: Place, at: datetime) -> Iterator[Document]:
    """Every document as it was at `at`, in the order of a walk. Raises google.api_core errors."""
    yield from _below(place, place.root, at)


def _below(place: Place, parent: str, at: datetime) -> Iterator[Document]:
    from google.cloud.firestore_v1 import types as v1
    from google.protobuf.json_format import MessageToDict

    collections = place.documents.list_collection_ids(
        request=v1.ListCollectionIdsRequest(parent=parent, page_size=PAGE, read_time=at), timeout=TIMEOUT
    )
    for collection in collections:
        request = v1.ListDocumentsRequest(
            parent=parent, collection_id=collection, page_size=PAGE, show_missing=True, read_time=at
        )
        for found in place.documents.list_documents(request=request, timeout=TIMEOUT):
            message = v1.Document.pb(found)
            if message.HasField("create_time"):  # otherwise there are only documents below it
                fields = MessageToDict(message).get("fields", {})
                yield Document(path=found.name.removeprefix(f"{place.root}/"), fields=fields)
            yield from _below(place, found.name, at)


def write(place: Place, documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Create the documents, and answer the path and update time (RFC 3339) of each. Raises Trouble if one is there."""
    from google.api_core.exceptions import AlreadyExists
    from google.cloud.firestore_v1 import types as v1

    remaining = iter(documents)
    while batch := list(itertools.islice(remaining, BATCH)):
        writes = [_creation(place, document) for document in batch]
        request = v1.CommitRequest(database=place.root.removesuffix("/documents"), writes=writes)
        try:
            answer = place.documents.commit(request=request, timeout=TIMEOUT)
        except AlreadyExists as error:
            raise Trouble(f"The project is not empty: {error.message}") from error
        for document, result in zip(batch, answer.write_results, strict=True):
            yield document.path, result.update_time.rfc3339()


def remove(place: Place, path: str, updated: str) -> bool:
    """Delete a document, unless somebody has written it since `updated`. Answers whether it is gone."""
    from google.api_core.exceptions import FailedPrecondition, NotFound
    from google.cloud.firestore_v1 import types as v1

    condition = {"update_time": datetime.fromisoformat(updated)}
    try:
        place.documents.delete_document(
            request=v1.DeleteDocumentRequest(name=f"{place.root}/{path}", current_document=condition), timeout=TIMEOUT
        )
    except FailedPrecondition:
        return False
    except NotFound:
        return True
    return True


def _creation(place: Place, document: Document) -> Any:
    from google.cloud.firestore_v1 import types as v1
    from google.protobuf.json_format import ParseDict

    message = v1.Document()
    ParseDict({"name": f"{place.root}/{document.path}", "fields": document.fields}, v1.Document.pb(message))
    return v1.Write(update=message, current_document=v1.Precondition(exists=False))
