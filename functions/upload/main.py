"""Entry point of the upload function: apps ask for places to put their photos."""

from __future__ import annotations

import functions_framework
from flask import Request
from werkzeug.wrappers import Response

from . import routes

routes.prepare()


@functions_framework.http
def upload(request: Request) -> Response:
    """Answer one request."""
    return routes.answer(request)
