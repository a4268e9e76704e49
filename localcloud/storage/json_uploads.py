"""Uploads in the JSON API: in one request (media), with the resource in front (multipart), or in pieces (resumable)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage.attributes import Attributes, patch_from
from localcloud.storage.blobs import Writer
from localcloud.storage.bodies import JSON_LIMIT, json_object, parsed_object, pour
from localcloud.storage.checksums import claims_in_headers, claims_in_resource
from localcloud.storage.errors import CLIENT_CLOSED, INVALID, REQUIRED, Refusal
from localcloud.storage.intents import Intent
from localcloud.storage.json_call import Call, answer
from localcloud.storage.multipart import Multipart, boundary
from localcloud.storage.sessions import Session
from localcloud.storage.store import Store

CHUNK = 256 * 1024  # every chunk but the last is a multiple of this

_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,19})-([0-9]{1,19})|\*)/(?:([0-9]{1,19})|\*)")


class JsonUploads:
    """`/upload/storage/v1/b/{bucket}/o`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kinds = {"media": self._media, "multipart": self._multipart, "resumable": self._start}

    async def insert(self, request: Request) -> Response:
        """A new object, or the start of a resumable upload."""
        call = Call(request)
        kind = call.text("uploadType")
        if kind not in self._kinds:
            raise Refusal(INVALID, f"Invalid upload type: '{kind[:50]}'")
        return await self._kinds[kind](call)

    async def put(self, request: Request) -> Response:
        """A piece of a resumable upload, or the question how far it has come."""
        call = Call(request)
        session = self._store.sessions.get(call.text("upload_id"))
        if session.answer is not None:
            return answer(session.answer)
        part = _content_range(call.headers.get("content-range"))
        async with self._store.sessions.writing(session.id) as writer:
            total = _agreed_total(part, session.intent.total)
            if part.first is not None:
                received = await _take(request.stream(), writer, part, total)
                total = received if part.last is None else total
            if total is None or writer.size < total:
                return _incomplete(writer.size)
            if writer.size > total:
                raise Refusal(INVALID, f"{writer.size} bytes have come already, more than {total}.")
            return self._finish(call, session, writer)

    async def delete(self, request: Request) -> Response:
        """Gives a resumable upload up."""
        self._store.sessions.cancel(self._store.sessions.get(Call(request).text("upload_id")).id)
        raise Refusal(CLIENT_CLOSED)

    async def _media(self, call: Call) -> Response:
        intent = _intent(call, {}, call.headers.get("content-type"))
        return await self._store_stream(intent, call.request.stream())

    async def _multipart(self, call: Call) -> Response:
        body = Multipart(call.request.stream(), boundary(call.headers.get("content-type", "")))
        resource = parsed_object(await body.short_part(JSON_LIMIT))
        headers = await body.media_headers()
        return await self._store_stream(_intent(call, resource, headers.get("content-type")), body.media())

    async def _store_stream(self, intent: Intent, chunks: AsyncIterator[bytes]) -> Response:
        self._store.objects.check_writable(intent.bucket, intent.name, intent.preconditions)
        with self._store.blobs.writing() as writer:
            await pour(chunks, writer)
            return answer(self._store.keep(writer, intent).resource(self._store.base))

    async def _start(self, call: Call) -> Response:
        length = call.headers.get("x-upload-content-length")
        if length is not None and not re.fullmatch(r"[0-9]{1,19}", length):
            raise Refusal(INVALID, "Invalid X-Upload-Content-Length.")
        intent = _intent(call, await json_object(call.request), call.headers.get("x-upload-content-type"))
        intent = msgspec.structs.replace(intent, total=None if length is None else int(length))
        self._store.objects.check_writable(intent.bucket, intent.name, intent.preconditions)
        session = self._store.sessions.start(intent)
        url = call.request.url
        location = f"{url.scheme}://{url.netloc}{url.path}?uploadType=resumable&upload_id={session}"
        return Response(headers={"location": location, "x-guploader-uploadid": session})

    def _finish(self, call: Call, session: Session, writer: Writer) -> Response:
        try:
            claims = session.intent.claims + claims_in_headers(call.headers)
            with self._store.database.transaction():
                kept = self._store.keep(writer, msgspec.structs.replace(session.intent, claims=claims))
                resource = kept.resource(self._store.base)
                self._store.sessions.finish(session.id, resource)
        except Refusal:
            self._store.sessions.drop(session.id)
            raise
        return answer(resource)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What a request brings: nothing (`first` is None), a known range, or all from `first` on (`last` is None)."""

    first: int | None
    last: int | None
    total: int | None


def _content_range(header: str | None) -> _Part:
    if header is None:
        return _Part(first=0, last=None, total=None)
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        raise Refusal(INVALID, f"Failed to parse Content-Range header: '{header[:100]}'")
    first, last, total = (None if group is None else int(group) for group in found.groups())
    if first is not None and last is not None and (last < first or (total is not None and last >= total)):
        raise Refusal(INVALID, f"Impossible Content-Range: '{header[:100]}'")
    return _Part(first=first, last=last, total=total)


def _agreed_total(part: _Part, announced: int | None) -> int | None:
    if part.total is not None and announced is not None and part.total != announced:
        raise Refusal(INVALID, f"The upload was announced with {announced} bytes, not {part.total}.")
    return announced if part.total is None else part.total


async def _take(chunks: AsyncIterator[bytes], writer: Writer, part: _Part, total: int | None) -> int:
    """Appends what is new of a part and returns where the part ended. Raises Refusal 400 if it cannot follow."""
    start = part.first or 0
    if start > writer.size:
        raise Refusal(INVALID, f"The part begins at {start}, but only {writer.size} bytes have come.")
    if part.last is not None and part.last + 1 != total and (part.last + 1 - start) % CHUNK:
        raise Refusal(INVALID, f"Every part but the last must be a multiple of {CHUNK} bytes.")
    end = total if part.last is None else part.last + 1
    position = start
    async for chunk in chunks:
        if end is not None and position + len(chunk) > end:
            raise Refusal(INVALID, "The request brings more bytes than it says.")
        new = chunk[max(0, writer.size - position) :]
        if new:
            writer.write(new)
        position += len(chunk)
    if end is not None and position < end:
        raise Refusal(INVALID, "The request brings less bytes than it says.")
    return position


def _incomplete(size: int) -> Response:
    return Response(status_code=308, headers={"range": f"bytes=0-{size - 1}"} if size else {})


def _intent(call: Call, resource: Mapping[str, Any], content_type: str | None) -> Intent:
    name = call.parameters.get("name") or resource.get("name")
    if not isinstance(name, str) or not name:
        raise Refusal(REQUIRED, "Required: name")
    defaults: dict[str, Any] = {"contentEncoding": call.parameters.get("contentEncoding"), "contentType": content_type}
    patch = patch_from({**{key: value for key, value in defaults.items() if value}, **resource})
    return Intent(
        bucket=call.part("bucket"),
        name=name,
        attributes=patch.applied(Attributes()),
        preconditions=call.preconditions(),
        claims=claims_in_resource(resource) + claims_in_headers(call.headers),
    )
