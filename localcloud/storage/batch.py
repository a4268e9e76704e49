"""Many calls of the JSON API in one request: `multipart/mixed`, one HTTP request in each part."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope
from starlette.types import Message as AsgiMessage

from localcloud.storage.bodies import whole
from localcloud.storage.errors import PARSE_ERROR, Refusal

BODY_LIMIT = 10 * 1024 * 1024
CALLS_LIMIT = 1000

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, kw_only=True)
class _InnerCall:
    content_id: str
    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def batch(request: Request) -> Response:
    """Makes the calls one after the other and answers with all their answers, in their order.

    Raises:
        Refusal: 400 if the request is no batch of calls of the JSON API; uploads and downloads are none.
    """
    content_type = request.headers.get("content-type", "")
    body = await whole(request, BODY_LIMIT)
    calls = await asyncio.to_thread(_inner_calls, content_type, body)
    boundary = f"batch_{secrets.token_hex(16)}"
    parts = [await _answered(request.app, request.scope, call) for call in calls]
    text = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return Response(text + b"--%b--\r\n" % boundary.encode(), media_type=f"multipart/mixed; boundary={boundary}")


def _inner_calls(content_type: str, body: bytes) -> list[_InnerCall]:
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + body)
    parts = parsed.get_payload()
    if not isinstance(parts, list) or parsed.get_content_type() != "multipart/mixed" or parsed.defects:
        raise Refusal(PARSE_ERROR, "The body is not multipart/mixed.")
    if len(parts) > CALLS_LIMIT:
        raise Refusal(PARSE_ERROR, f"A batch has at most {CALLS_LIMIT} calls.")
    return [_inner_call(part) for part in parts]


def _inner_call(part: Any) -> _InnerCall:
    payload = part.get_payload(decode=True)
    if not isinstance(part, Message) or not isinstance(payload, bytes):
        raise Refusal(PARSE_ERROR, "A part is not an HTTP request.")
    line, _, rest = payload.lstrip(b"\r\n").partition(b"\n")
    words = line.decode("latin-1").split()
    if not line.isascii() or len(words) != 3 or words[0] not in _METHODS or not words[2].startswith("HTTP/1."):
        raise Refusal(PARSE_ERROR, "A part does not begin with a request line.")
    target = urlsplit(words[1])
    if not target.path.startswith("/storage/v1/") or "alt=media" in target.query.split("&"):
        raise Refusal(PARSE_ERROR, f"A batch cannot call {words[1][:100]}.")
    message = BytesParser().parsebytes(rest)
    content = message.get_payload(decode=True)
    headers = [(name.lower().encode(), str(value).encode()) for name, value in message.items()]
    return _InnerCall(
        content_id=part.get("Content-ID", ""),
        method=words[0],
        path=target.path,
        query=target.query,
        headers=headers,
        body=content.strip() if isinstance(content, bytes) else b"",
    )


async def _answered(app: ASGIApp, outer: Scope, call: _InnerCall) -> bytes:
    """The part of the answer that tells what became of one call."""
    told: list[AsgiMessage] = []

    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: AsgiMessage) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "asgi": outer["asgi"],
        "http_version": "1.1",
        "scheme": outer["scheme"],
        "server": outer["server"],
        "client": outer["client"],
        "method": call.method,
        "root_path": "",
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": call.query.encode(),
        "headers": call.headers,
    }
    await app(scope, receive, send)
    status = HTTPStatus(told[0]["status"])
    headers = b"".join(b"%b: %b\r\n" % header for header in told[0]["headers"])
    body = b"".join(message.get("body", b"") for message in told[1:])
    content_id = call.content_id.replace("<", "<response-", 1)
    named = f"Content-ID: {content_id}\r\n" if content_id else ""
    head = f"Content-Type: application/http\r\n{named}\r\nHTTP/1.1 {status.value} {status.phrase}\r\n"
    return head.encode() + headers + b"\r\n" + body + b"\r\n"
