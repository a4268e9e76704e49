"""Lists that come page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from loupe.client.phone import Phone

PAGE: Final = 100  # the most that a page holds


def listed(phone: Phone, path: str, **filters: str) -> Iterator[dict[str, Any]]:
    """Every item of a list of status, page by page as they are wanted. Raises LoupeError."""
    field = path.rpartition("/")[2]
    token = ""
    while True:
        page = phone.get("status", path, pageSize=PAGE, **filters, **({"pageToken": token} if token else {}))
        yield from page[field]
        token = page.get("nextPageToken") or ""
        if not token:
            return


def own_jobs(phone: Phone, limit: int, *, kind: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """At most `limit` jobs, newest first. Raises LoupeError."""
    filters = {name: value for name, value in (("kind", kind), ("state", state)) if value is not None}
    return list(islice(listed(phone, "/v1/jobs", **filters), limit))
