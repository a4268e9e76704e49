"""Entry point of the analyze function: pushes of Pub/Sub come in, results go into Firestore."""

from __future__ import annotations

import functions_framework
from werkzeug.wrappers import Request, Response

from .routes import answer


@functions_framework.http
def analyze(request: Request) -> Response:
    """Answer one request."""
    return answer(request)
