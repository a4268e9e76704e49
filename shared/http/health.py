"""`GET /healthz`: that the function is up, and which build it is."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from werkzeug.wrappers import Response

from shared.http.answers import json_answer
from shared.http.routing import Operation, Route
from shared.version import VERSION


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a health check answers."""

    function: str
    status: str = "ok"
    version: str = VERSION


HEALTH: Final = Operation(
    name="health", summary="Say that the function is up, and its version", answers={200: Health}, open=True
)


def health(function: str) -> Route:
    """The route of a function's health check."""

    def answer(*_: Any) -> Response:
        return json_answer(Health(function=function))

    return Route("GET", "/healthz", answer, HEALTH)
