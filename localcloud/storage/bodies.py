"""Bodies of requests: short ones as JSON, long ones straight into a blob."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from localcloud.storage.blobs import Writer
from localcloud.storage.errors import BODY_TOO_LARGE, ENTITY_TOO_LARGE, PARSE_ERROR, Refusal

JSON_LIMIT = 1024 * 1024
OBJECT_LIMIT = 5 * 1024**4


async def whole(request: Request, limit: int = JSON_LIMIT) -> bytes:
    """A body of at most `limit` bytes. Raises Refusal 413 as soon as there are more."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refusal(BODY_TOO_LARGE, f"The body of this request may have {limit} bytes.")
    return bytes(body)


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body, an empty one if there is no body. Raises Refusal 400 or 413."""
    return parsed_object(await whole(request))


def parsed_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, an empty one if that is empty. Raises Refusal 400."""
    if not body.strip():
        return {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(PARSE_ERROR, f"Parse Error: {error}") from error
    if not isinstance(found, dict):
        raise Refusal(PARSE_ERROR, "Parse Error: the body is not a JSON object.")
    return found


async def pour(chunks: AsyncIterator[bytes], writer: Writer, limit: int = OBJECT_LIMIT) -> None:
    """Writes `chunks` as they come. Raises Refusal 400 before anything beyond `limit` is written."""
    async for chunk in chunks:
        if writer.size + len(chunk) > limit:
            raise Refusal(ENTITY_TOO_LARGE, "Content-length exceeds upper bound on range")
        writer.write(chunk)


def content_length(headers: Mapping[str, str]) -> int | None:
    """The length that the request announces, if it does; the server has seen to it that it is a number."""
    value = headers.get("content-length")
    return None if value is None else int(value)
