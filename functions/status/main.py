"""Entry point of the status function: apps ask how their jobs stand and what came of them."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from shared.http.function import Function

from .routes import ROUTES
from .services import build
from .settings import Settings

FUNCTION = Function("status", Settings, ROUTES, build)


@functions_framework.http
def status(request: Request) -> Response:
    """Answer one request."""
    return FUNCTION.answer(request)
