"""The rules over HTTP, for the command line and for tests in any language. These calls do not pass the edge themselves.

GET    /localcloud/v1/faults       the rules in force, each with `seen` and `hits`
POST   /localcloud/v1/faults       put the rule in the body in force
DELETE /localcloud/v1/faults       take all out of force
DELETE /localcloud/v1/faults/{id}  take one out of force
GET    /localcloud/v1/calls        every call by name: how often entered, failed, hit by a rule; what it can take
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localcloud.edge import Edge
from localcloud.faults.armed import Armed
from localcloud.faults.calls import CALLS
from localcloud.faults.rule import Rule, RuleError

ROOT: Final = "/localcloud/v1"
MAX_BODY: Final = 64 * 1024  # bytes
HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_Serve = Callable[[Request], Awaitable[Response]]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in force: how many calls it was asked about, and how many of them it hit."""

    id: str
    rule: Rule
    seen: int
    hits: int


def routes(edge: Edge) -> list[Route]:
    """The paths, on whatever port they are served."""
    rules = _Rules(edge)
    return [
        Route(f"{ROOT}/faults", _for_programs(rules.list), methods=["GET"]),
        Route(f"{ROOT}/faults", _for_programs(rules.add), methods=["POST"]),
        Route(f"{ROOT}/faults", _for_programs(rules.clear), methods=["DELETE"]),
        Route(f"{ROOT}/faults/{{id}}", _for_programs(rules.remove), methods=["DELETE"]),
        Route(f"{ROOT}/calls", _for_programs(rules.calls), methods=["GET"]),
    ]


class _Rules:
    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def list(self, _request: Request) -> Response:
        return _json({"faults": [_shown(armed) for armed in self._edge.faults.rules()]})

    async def add(self, request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return _refusal(413, "INVALID_ARGUMENT", f"A rule has at most {MAX_BODY} bytes.")
        try:
            armed = self._edge.faults.add(msgspec.json.decode(body, type=Rule))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, RuleError) as error:
            return _refusal(400, "INVALID_ARGUMENT", str(error))
        return _json(_shown(armed), 201)

    async def clear(self, _request: Request) -> Response:
        return _json({"removed": self._edge.faults.clear()})

    async def remove(self, request: Request) -> Response:
        rule_id = request.path_params["id"]
        try:
            self._edge.faults.remove(rule_id)
        except KeyError:
            there = ", ".join(armed.id for armed in self._edge.faults.rules()) or "none"
            return _refusal(404, "NOT_FOUND", f"There is no fault {rule_id[:40]}. In force: {there}")
        return _json({"removed": 1})

    async def calls(self, _request: Request) -> Response:
        return _json({"calls": [self._call(name) for name in sorted({*CALLS, *self._edge.entered})]})

    def _call(self, name: str) -> dict[str, Any]:
        edge, known = self._edge, CALLS.get(name)
        return {
            "name": name,
            "entered": edge.entered[name],
            "failed": edge.failed[name],
            "faulted": edge.faulted[name],
            "effects": sorted(known.effects) if known else [],
            "details": known.details if known else [],
        }


def _for_programs(serve: _Serve) -> _Serve:
    """Any page in a browser may call the service beside this; only pages from this machine may break things."""

    async def served(request: Request) -> Response:
        if not _from_here(request.headers.get("origin")):
            return _refusal(403, "PERMISSION_DENIED", "Faults are not for web pages of other hosts.")
        return await serve(request)

    return served


def _from_here(origin: str | None) -> bool:
    if origin is None:
        return True
    try:
        return urlsplit(origin).hostname in HERE
    except ValueError:
        return False


def _shown(armed: Armed) -> Shown:
    return Shown(id=armed.id, rule=armed.rule, seen=armed.seen, hits=armed.hits)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _refusal(code: int, status: str, message: str) -> Response:
    return _json({"error": {"code": code, "status": status, "message": message}}, code)
