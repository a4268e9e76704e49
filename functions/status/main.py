"""Entry point of the status function: apps ask how their jobs stand and what came of them."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from . import routes

routes.prepare()


@functions_framework.http
def status(request: Request) -> Response:
    """Answer one request."""
    return routes.answer(request)
