"""Entry point of the upload function: apps ask for places to put their photos."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from shared.http.function import Function

from .routes import ROUTES
from .services import build
from .settings import Settings

FUNCTION = Function("upload", Settings, ROUTES, build)


@functions_framework.http
def upload(request: Request) -> Response:
    """Answer one request."""
    return FUNCTION.answer(request)
