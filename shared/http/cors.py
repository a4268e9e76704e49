"""Cross-origin headers. They stand on every answer, or browsers take an error for a broken network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from werkzeug.wrappers import Request, Response

ANY: Final = "*"
METHODS: Final = "GET, HEAD, POST, DELETE, OPTIONS"
REQUEST_HEADERS: Final = (
    "Authorization, Content-Type, Firebase-Instance-ID-Token, Idempotency-Key, If-None-Match, traceparent, "
    "X-Cloud-Trace-Context, X-Firebase-AppCheck, X-Request-Id"
)
ANSWER_HEADERS: Final = "ETag, Retry-After, X-Request-Id"
PREFLIGHT_KEPT: Final = 3600  # seconds


def preflight() -> Response:
    """The answer to OPTIONS, before the headers that every answer gets."""
    answer = Response(status=204)
    answer.headers["Allow"] = METHODS
    answer.headers["Access-Control-Allow-Methods"] = METHODS
    answer.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
    answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_KEPT)
    return answer


def allow(request: Request, answer: Response, origins: Sequence[str]) -> None:
    """Let the request's origin read the answer, if it is one of `origins` or if they hold `*`."""
    answer.headers["Access-Control-Expose-Headers"] = ANSWER_HEADERS
    if ANY in origins:
        answer.headers["Access-Control-Allow-Origin"] = ANY
        return
    answer.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin in origins:
        answer.headers["Access-Control-Allow-Origin"] = origin
