"""Entry point of the analyze function: pushes of Pub/Sub come in, results go into Firestore."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from . import routes

routes.prepare()


@functions_framework.http
def analyze(request: Request) -> Response:
    """Answer one request."""
    return routes.answer(request)
