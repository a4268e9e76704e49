"""From a request to an answer: routing, errors, and the headers that every answer carries."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from werkzeug.wrappers import Request, Response

from shared import logging as lines
from shared import tracing
from shared.errors import Internal, LoupeError
from shared.http import cors
from shared.http.answers import error_answer
from shared.http.bodies import accept_any_length, discard
from shared.http.failures import as_refusal
from shared.http.routing import Router

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECRET: Final = re.compile(r"(?<=/shared/).+")  # whoever reads a share link in the log could open it

log = logging.getLogger(__name__)


def respond(request: Request, routes: Router | Callable[[], Router], *, cors_origins: Sequence[str]) -> Response:
    """Answer a request; whatever happens, the answer is one of ours and is readable across origins.

    `routes` may be a function that builds the router: what fails in building is then answered like any other defect.
    """
    given = request.headers.get("X-Request-Id", "")
    request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    accept_any_length(request)
    with lines.request(request.headers, request_id, sampled=tracing.enabled()):
        answer = cors.preflight() if request.method == "OPTIONS" else _answer(request, routes, request_id)
        discard(request)
        tracing.flush()
    cors.allow(request, answer, cors_origins)
    answer.headers["X-Request-Id"] = request_id
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _answer(request: Request, routes: Router | Callable[[], Router], request_id: str) -> Response:
    try:
        with tracing.span(request.method, **{"url.path": request.path, "http.request.method": request.method}):
            router = routes if isinstance(routes, Router) else routes()
            return router.call(request)
    except Exception as error:
        refusal = as_refusal(error)
        if refusal is None:
            log.exception("Defect in %s %s", request.method, _shown(request.path))
            refusal = Internal("INTERNAL", "Something is wrong on our side; it has been logged.", requestId=request_id)
        else:
            _log_refusal(request, refusal)
        return error_answer(refusal)


def _log_refusal(request: Request, refusal: LoupeError) -> None:
    level = logging.WARNING if refusal.code >= 500 else logging.INFO
    detail = f" ({refusal.internal})" if refusal.internal else ""
    log.log(level, "Refused %s %s: %s%s", request.method, _shown(request.path), refusal.reason, detail)


def _shown(path: str) -> str:
    return SECRET.sub("…", path)
