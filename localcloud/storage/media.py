"""Answers that carry an object's bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import BinaryIO

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localcloud.storage.blobs import PIECE, Blobs
from localcloud.storage.objects import StoredObject
from localcloud.storage.ranges import Span, span
from localcloud.storage.times import http_date

_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MediaResponse(Response):
    """A part of a file, read piece by piece as the caller takes it. Closes the file."""

    def __init__(self, file: BinaryIO, part: Span, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=206 if part.partial else 200)
        self.raw_headers = encoded(headers)
        self._file = file
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Sends the answer."""
        with self._file as file:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            file.seek(self._part.start)
            left = self._part.length
            while left > PIECE:
                await send({"type": "http.response.body", "body": file.read(PIECE), "more_body": True})
                left -= PIECE
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": file.read(left)})


def media_response(
    found: StoredObject, blobs: Blobs, range_header: str | None, headers: Mapping[str, str]
) -> MediaResponse:
    """The bytes of `found`, or the range asked for. Raises Refusal 416."""
    part = span(range_header, found.content.size)
    told = {**headers, "content-length": str(part.length)}
    if part.partial:
        told["content-range"] = part.content_range
    return MediaResponse(blobs.open(found.content.blob), part, told)


def head_response(found: StoredObject, headers: Mapping[str, str]) -> Response:
    """What `media_response` would say, without the bytes."""
    response = Response()
    response.raw_headers = encoded({**headers, "content-length": str(found.content.size)})
    return response


def media_headers(found: StoredObject, etag: str) -> dict[str, str]:
    """What either API tells about an object along with its bytes."""
    return {
        "cache-control": "private, max-age=0",
        **found.attributes.headers(),
        **version_headers(found),
        "etag": etag,
        "last-modified": http_date(found.created),
        "accept-ranges": "bytes",
        "x-goog-storage-class": found.attributes.storage_class,
        "x-goog-stored-content-encoding": found.attributes.content_encoding or "identity",
    }


def version_headers(found: StoredObject) -> dict[str, str]:
    """Which bytes these are."""
    return {
        "x-goog-generation": str(found.generation),
        "x-goog-metageneration": str(found.metageneration),
        "x-goog-hash": found.content.checksums.header(),
        "x-goog-stored-content-length": str(found.content.size),
    }


def metadata_headers(found: StoredObject) -> dict[str, str]:
    """Custom metadata as far as headers can say it."""
    return {
        f"x-goog-meta-{key.lower()}": _CONTROL.sub(" ", value)
        for key, value in found.attributes.metadata.items()
        if _TOKEN.fullmatch(key)
    }


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI wants them, in UTF-8, which `Content-Disposition` and metadata may need."""
    return [(name.encode(), value.strip().encode()) for name, value in headers.items()]
