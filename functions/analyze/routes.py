"""The addresses of the analyze function: the push endpoint, and the health check."""

from __future__ import annotations

from typing import Final

from werkzeug.wrappers import Request, Response

from shared.auth.push import verify_push_token
from shared.http.bodies import read_body
from shared.http.health import health
from shared.http.routing import Route

from .delivery import deliver
from .services import Services

MAX_PUSH: Final = 1024 * 1024  # bytes; a notification has about two thousand


def push(reached: Services, request: Request) -> Response:
    """One delivery. 204 acknowledges it; any other answer makes Pub/Sub deliver again."""
    told = reached.settings
    verify_push_token(
        request.headers.get("Authorization"),
        keys=reached.push_keys,
        audience=told.push_audience,
        email=told.push_service_account,
    )
    deliver(read_body(request, limit=MAX_PUSH), reached)
    return Response(status=204)


ROUTES: Final = (Route("POST", "/", push), health("analyze"))
