"""Taking a `multipart/related` body apart as it comes: a JSON part, then a media part of any size."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.parser import BytesHeaderParser

from localcloud.storage.errors import NOT_IMPLEMENTED, PARSE_ERROR, Refusal

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_HEADER_LIMIT = 16 * 1024
_END_OF_HEADERS = b"\r\n\r\n"


def boundary(content_type: str) -> bytes:
    """What stands between the parts. Raises Refusal 400 if the header does not say."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/") or found is None:
        raise Refusal(PARSE_ERROR, "The Content-Type is not multipart with a boundary.")
    return (found[1] or found[2]).encode()


class Multipart:
    """Two parts out of `chunks`, to be taken in order: `short_part`, `media_headers`, `media`."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        self._buffer = b"\r\n"
        self._delimiter = b"\r\n--" + boundary

    async def short_part(self, limit: int) -> bytes:
        """The content of the first part. Raises Refusal 400 if it has more than `limit` bytes."""
        await self._until(self._delimiter, _HEADER_LIMIT)
        await self._next_part()
        return await self._until(self._delimiter, limit)

    async def media_headers(self) -> dict[str, str]:
        """The headers of the second part, with names in lower case."""
        headers = await self._next_part()
        encoding = headers.get("content-transfer-encoding", "binary").lower()
        if encoding not in {"binary", "8bit", "7bit"}:
            raise Refusal(NOT_IMPLEMENTED, f"Content-Transfer-Encoding: {encoding[:50]}")
        return headers

    async def media(self) -> AsyncIterator[bytes]:
        """The content of the second part. Raises Refusal 400 if it does not end, or a third part follows."""
        held_back = len(self._delimiter) - 1
        while (at := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > held_back:
                yield self._buffer[:-held_back]
                self._buffer = self._buffer[-held_back:]
            await self._more()
        yield self._buffer[:at]
        self._buffer = self._buffer[at + len(self._delimiter) :]
        while len(self._buffer) < 2:
            await self._more()
        if self._buffer[:2] != b"--":
            raise Refusal(PARSE_ERROR, "The body has more than two parts.")

    async def _next_part(self) -> dict[str, str]:
        block = await self._until(_END_OF_HEADERS, _HEADER_LIMIT)
        if block and not block.startswith(b"\r\n"):
            raise Refusal(PARSE_ERROR, "The body has less than two parts.")
        return {name.lower(): str(value) for name, value in BytesHeaderParser().parsebytes(block[2:]).items()}

    async def _until(self, mark: bytes, limit: int) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            if len(self._buffer) > limit + len(mark):
                raise Refusal(PARSE_ERROR, f"A part or its headers are longer than {limit} bytes.")
            await self._more()
        found, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        if len(found) > limit:
            raise Refusal(PARSE_ERROR, f"A part or its headers are longer than {limit} bytes.")
        return found

    async def _more(self) -> None:
        async for chunk in self._chunks:
            if chunk:
                self._buffer += chunk
                return
        raise Refusal(PARSE_ERROR, "The multipart body ends too early.")
