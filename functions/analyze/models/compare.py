"""What candidates have said beside the stable version, read from Firestore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.database import Database
from shared.documents import from_document

from .agreement import Summary, summary
from .shadow import COLLECTION, Row, pair

PAGE: Final = 300
MOST: Final = 30_000  # jobs


def of(name: str, stable: int, candidate: int) -> Summary:
    """The comparisons of two versions, from the project that Google's client library finds."""
    from google.cloud import firestore

    from shared.firestore import FirestoreDatabase

    return summary(list(rows(FirestoreDatabase(firestore.Client()), pair(name, stable, candidate))))


def rows(database: Database, wanted: str) -> Iterator[Row]:
    """The comparisons of a pair, at most the first 30,000."""
    after = ""
    for _ in range(MOST // PAGE):
        page = database.find(COLLECTION, "pair", wanted, limit=PAGE, after=after)
        for path, fields in page:
            yield from_document(fields, Row)
            after = path
        if len(page) < PAGE:
            return
