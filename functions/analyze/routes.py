"""The addresses of the analyze function: the push endpoint, and the health check."""

from __future__ import annotations

import functools
import os
from typing import Final

from werkzeug.wrappers import Request, Response

from shared.auth.push import verify_push_token
from shared.http.bodies import read_body
from shared.http.health import health
from shared.http.respond import respond
from shared.http.routing import Route, Router
from shared.logging import configure
from shared.settings import load

from .delivery import deliver
from .services import Services, build
from .settings import Settings

MAX_PUSH: Final = 1024 * 1024  # bytes; a notification has about two thousand


def prepare() -> None:
    """Read the settings when the function starts, so that a wrong deployment does not come up. Raises SettingsError."""
    configure("analyze")
    settings()


def answer(request: Request) -> Response:
    """Answer one request. No browser has business here: no origin is allowed."""
    return respond(request, router, cors_origins=())


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return load(Settings, os.environ)


@functools.cache
def router() -> Router:
    """The table of routes; the first call builds the services and warms the decoder."""
    return Router((Route("POST", "/", push), health("analyze")), build(settings()))


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
