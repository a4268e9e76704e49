"""JSON answers, and entity tags for the reads that may be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from werkzeug.wrappers import Request, Response

from shared.errors import LoupeError

NOT_KEPT: Final = "no-store"
ASKED_AGAIN: Final = "private, no-cache"  # may be kept by the caller, and is asked for again every time
FOR_ALL: Final = "public, max-age=3600"  # the same for everybody: whoever passes it on may keep it for an hour


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` (a Struct or builtins) as JSON that nobody keeps."""
    return _json(msgspec.json.encode(value), status, {"Cache-Control": NOT_KEPT, **(headers or {})})


def etag_of(value: Any) -> str:
    """The entity tag of a value, without quotes: the same for the same content."""
    return _tag(msgspec.json.encode(value))


def tagged_answer(request: Request, value: Any, kept: str = ASKED_AGAIN) -> Response:
    """`value` as JSON with its ETag, or 304 where the caller's If-None-Match says it has just that.

    `kept` is the Cache-Control of both.
    """
    body = msgspec.json.encode(value)
    tag = _tag(body)
    known = request.if_none_match.contains_weak(tag)
    answer = Response(status=304) if known else _json(body, 200, {})
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = kept
    return answer


def error_answer(error: LoupeError) -> Response:
    """The one shape that every refusal has."""
    answer = json_answer(error.body(), error.code)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    if "allowed" in error.metadata and error.code == 405:
        answer.headers["Allow"] = error.metadata["allowed"]
    return answer


def _json(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status, dict(headers), content_type="application/json")


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
