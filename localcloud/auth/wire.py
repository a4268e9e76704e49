"""From an HTTP request to a typed call: who calls, for which project, with which body."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from localcloud.auth.realm import Realm
from localcloud.auth.refusal import Refused, keyless, malformed, unauthenticated, unsupported
from localcloud.auth.shapes import UNSUPPORTED_FIELDS, Refresh, Shape
from localcloud.auth.store import Store
from localcloud.auth.tokens import Tokens

MAX_BODY: Final = 1024 * 1024  # bytes
ADMINISTRATOR: Final = "bearer owner"  # what firebase-admin sends to an emulator
PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,62}")

S = TypeVar("S", bound=Shape)


def realm_of(request: Request, *, store: Store, tokens: Tokens, project: str) -> Realm:
    """The realm of a call.

    The project is the one in the path. A call without one is for `project`, unless its API key has the form
    `PROJECT:anything`; real keys have no colon.

    Raises Refused: an administrator's path without the administrator's credential, a client's call without API key.
    """
    authorization = request.headers.get("authorization")
    privileged = authorization is not None and authorization.lower() == ADMINISTRATOR
    named = request.path_params.get("project")
    if not privileged and (authorization is not None or named is not None):
        raise unauthenticated()
    if named is None and not privileged:
        key = request.query_params.get("key") or request.headers.get("x-goog-api-key")
        if not key:
            raise keyless()
        named = key.partition(":")[0] if ":" in key else None
    return Realm(project=checked_project(named or project), privileged=privileged, store=store, tokens=tokens)


def checked_project(project: str) -> str:
    """A project id. Raises Refused (INVALID_PROJECT_ID)."""
    if not PROJECT.fullmatch(project):
        raise Refused("INVALID_PROJECT_ID")
    return project


async def read(request: Request, shape: type[S]) -> S:
    """The body of a call. Raises Refused: not JSON, too large, a wrong type, or an unsupported field."""
    return _shaped(_json(await _body(request)), shape)


async def read_refresh(request: Request) -> Refresh:
    """The body of a token refresh, which web clients send as a form and mobile ones as JSON. Raises Refused."""
    body = await _body(request)
    if body.lstrip()[:1] == b"{":
        fields = _json(body)
    else:
        try:
            fields = dict(parse_qsl(body.decode(), max_num_fields=20))
        except ValueError as error:
            raise malformed(str(error)) from None
    return _shaped({_camel(name): value for name, value in fields.items()}, Refresh)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise malformed(f"The body is larger than {MAX_BODY} bytes")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(str(error)) from None


def _shaped(fields: dict[str, Any], shape: type[S]) -> S:
    for name in UNSUPPORTED_FIELDS:
        if fields.get(name) and name not in shape.__struct_encode_fields__:
            raise unsupported(name)
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise malformed(str(error)) from None


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
