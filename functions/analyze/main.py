"""Entry point of the analyze function: pushes of Pub/Sub come in, results go into Firestore."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from shared.http.function import Function

from .routes import ROUTES
from .services import build
from .settings import Settings

FUNCTION = Function("analyze", Settings, ROUTES, build)


@functions_framework.http
def analyze(request: Request) -> Response:
    """Answer one request."""
    return FUNCTION.answer(request)
