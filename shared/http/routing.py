"""A table of routes: method and path to handler. `Operation` is what openapi.yaml tells of a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.exceptions import NotFound as NoRule
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from shared.errors import MethodNotAllowed, NotFound

Handler = Callable[..., Response]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The contract of a route, as clients are told it."""

    name: str
    summary: str
    description: str = ""
    takes: type[msgspec.Struct] | None = None  # the JSON body
    optional: bool = False  # True: the body may be left out
    query: type[msgspec.Struct] | None = None
    headers: Mapping[str, str] = {}  # request header → what it does
    answers: Mapping[int, type[msgspec.Struct] | None]  # HTTP code → body
    reasons: tuple[str, ...] = ()  # of refusals particular to this route
    open: bool = False  # True: no token is asked for


class Route(msgspec.Struct, frozen=True):
    """One row of the table. `rule` is werkzeug's: `/v1/jobs/<id:job_id>:sign`."""

    method: str
    rule: str
    handler: Handler
    operation: Operation | None = None


class Identifier(BaseConverter):
    """`<id:…>` in a rule: a resource's id, which holds neither a slash nor the colon of a custom method."""

    regex = r"[A-Za-z0-9_-]{1,64}"


class FileName(BaseConverter):
    """`<file:…>` in a rule: the name of a picture, which does not begin with a dot."""

    regex = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"


CONVERTERS: Final[Mapping[str, type[BaseConverter]]] = {"id": Identifier, "file": FileName}


class Router:
    """Finds the handler of a request.

    A handler is called with `leading`, then the request, then the rule's variables by name.
    """

    def __init__(self, routes: Iterable[Route], *leading: Any) -> None:
        self._leading = leading
        rules = [Rule(route.rule, endpoint=route.handler, methods=[route.method]) for route in routes]
        self._map = Map(rules, converters=CONVERTERS, strict_slashes=False, merge_slashes=False)

    def call(self, request: Request) -> Response:
        """What the request's handler answers.

        Raises NotFound ROUTE_NOT_FOUND, MethodNotAllowed METHOD_NOT_ALLOWED, and what the handler raises.
        """
        try:
            handler, variables = self._map.bind("loupe").match(request.path, request.method)
        except WrongMethod as wrong:
            allowed = ", ".join(sorted(wrong.valid_methods or ()))
            message = f"This address does not take {request.method}. Use one of: {allowed}."
            raise MethodNotAllowed("METHOD_NOT_ALLOWED", message, allowed=allowed) from wrong
        except NoRule as missing:
            message = "There is nothing at this address. See the API reference for the addresses there are."
            raise NotFound("ROUTE_NOT_FOUND", message) from missing
        answer: Response = handler(*self._leading, request, **variables)
        return answer
