"""Which path is which call.

Every call of a client is there under its name in Identity Toolkit v1, which the JavaScript SDK uses, and under its name
in v3, which the Apple and Android SDKs use; administrators' calls name the project in the path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.auth import accounts, sessions, shapes
from localcloud.auth.realm import Answer, Realm
from localcloud.auth.refusal import Refused, unimplemented, unsupported
from localcloud.auth.store import Store
from localcloud.auth.tokens import Tokens
from localcloud.auth.wire import checked_project, read, read_refresh, realm_of
from localcloud.faults import admin
from localcloud.faults.failure import Fault
from localcloud.ground import Ground
from localcloud.web import Handler, route

V1: Final = "/identitytoolkit.googleapis.com/v1"
V3: Final = "/www.googleapis.com/identitytoolkit/v3/relyingparty"
PROJECT: Final = V1 + "/projects/{project}"
EMULATOR: Final = "/emulator/v1/projects/{project}"
KEYS_MAX_AGE: Final = 6 * 3600  # seconds


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: its name in v1 and in v3, the shape of its body, and what serves it."""

    name: str
    v3: str
    shape: type[Any]
    serve: Callable[[Realm, Any], Awaitable[Answer]]


async def _refuse(name: str, _realm: Realm, _call: shapes.Shape) -> Answer:
    raise unsupported(name)


def _missing(name: str, v3: str) -> Call:
    return Call(name=name, v3=v3, shape=shapes.Anything, serve=partial(_refuse, name))


CALLS: Final = (
    Call(name="signUp", v3="signupNewUser", shape=shapes.SignUp, serve=sessions.sign_up),
    Call(
        name="signInWithPassword",
        v3="verifyPassword",
        shape=shapes.SignInWithPassword,
        serve=sessions.sign_in_with_password,
    ),
    Call(
        name="signInWithCustomToken",
        v3="verifyCustomToken",
        shape=shapes.SignInWithCustomToken,
        serve=sessions.sign_in_with_custom_token,
    ),
    Call(name="lookup", v3="getAccountInfo", shape=shapes.Lookup, serve=accounts.lookup),
    Call(name="update", v3="setAccountInfo", shape=shapes.Update, serve=accounts.update),
    Call(name="delete", v3="deleteAccount", shape=shapes.Delete, serve=accounts.delete),
    Call(name="createAuthUri", v3="createAuthUri", shape=shapes.CreateAuthUri, serve=accounts.create_auth_uri),
    _missing("sendOobCode", "getOobConfirmationCode"),
    _missing("resetPassword", "resetPassword"),
    _missing("sendVerificationCode", "sendVerificationCode"),
    _missing("signInWithEmailLink", "emailLinkSignin"),
    _missing("signInWithIdp", "verifyAssertion"),
    _missing("signInWithPhoneNumber", "verifyPhoneNumber"),
)
ADMIN_CALLS: Final = {
    "/accounts": Call(name="signUp", v3="", shape=shapes.SignUp, serve=sessions.sign_up),
    "/accounts:batchDelete": Call(name="batchDelete", v3="", shape=shapes.BatchDelete, serve=accounts.batch_delete),
    ":createSessionCookie": Call(
        name="createSessionCookie", v3="", shape=shapes.SessionCookie, serve=sessions.create_session_cookie
    ),
    "/accounts:batchCreate": _missing("batchCreate", ""),
    "/accounts:query": _missing("query", ""),
    **{f"/accounts:{call.name}": call for call in CALLS},
}


def application(ground: Ground, store: Store) -> ASGIApp:
    """The whole service as one ASGI application; any web page may call it."""
    surface = Surface(ground, store)
    app = Starlette(
        routes=[*surface.routes(), *admin.routes(ground.edge)],
        exception_handlers={Refused: _refused, Fault: _faulted, HTTPException: _not_found},
    )
    return CORSMiddleware(
        app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], allow_private_network=True, max_age=3600
    )


class Surface:
    """Makes the routes of one service."""

    def __init__(self, ground: Ground, store: Store) -> None:
        self._edge = ground.edge
        self._keys = ground.keys
        self._store = store
        tokens = Tokens(ground.keys, clock=ground.edge.clock("auth"))
        self._realm = partial(realm_of, store=store, tokens=tokens, project=ground.project)

    def routes(self) -> Iterator[Route]:
        """Every path that is answered."""
        for call in CALLS:
            serve = self._served(call)
            yield self._route(call.name, f"{V1}/accounts:{call.name}", serve, "POST")
            yield self._route(call.name, f"{V3}/{call.v3}", serve, "POST")
        for path, call in ADMIN_CALLS.items():
            yield self._route(call.name, PROJECT + path, self._served(call), "POST")
        yield self._route("batchGet", f"{PROJECT}/accounts:batchGet", self._batch_get, "GET")
        yield self._route("token", "/securetoken.googleapis.com/v1/token", self._refresh, "POST")
        yield self._route("clear", f"{EMULATOR}/accounts", self._clear, "DELETE")
        yield self._route("configure", f"{EMULATOR}/config", self._configure, "GET", "PATCH")
        for path in ("/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com", "/oauth2/v3/certs"):
            yield self._route("keys", path, self._public_keys, "GET")
        yield self._route("ready", "/", _ready, "GET")

    def _route(self, name: str, path: str, serve: Handler, *methods: str) -> Route:
        return route(self._edge, f"auth.{name}", path, serve, *methods)

    def _served(self, call: Call) -> Handler:
        async def serve(request: Request) -> Response:
            realm = self._realm(request)
            return JSONResponse(await call.serve(realm, await read(request, call.shape)))

        return serve

    async def _batch_get(self, request: Request) -> Response:
        query = request.query_params
        realm = self._realm(request)
        page_token = query.get("nextPageToken", "")
        return JSONResponse(accounts.batch_get(realm, limit=query.get("maxResults", "20"), page_token=page_token))

    async def _refresh(self, request: Request) -> Response:
        realm = self._realm(request)
        return JSONResponse(await sessions.refresh(realm, await read_refresh(request)))

    async def _clear(self, request: Request) -> Response:
        self._store.clear(checked_project(request.path_params["project"]))
        return JSONResponse({})

    async def _configure(self, request: Request) -> Response:
        project = checked_project(request.path_params["project"])
        call = await read(request, shapes.Config) if request.method == "PATCH" else shapes.Config()
        return JSONResponse(accounts.configure(self._store, project, call))

    async def _public_keys(self, _request: Request) -> Response:
        headers = {"Cache-Control": f"public, max-age={KEYS_MAX_AGE}, must-revalidate"}
        return JSONResponse(self._keys.jwks(), headers=headers)


async def _ready(_request: Request) -> Response:
    return JSONResponse({"authEmulator": {"ready": True}})


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return JSONResponse(error.body(), error.http)


async def _faulted(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Fault):
        raise error
    refusal = Refused(error.message, http=error.http, status=error.code.name)
    return JSONResponse(refusal.body(), refusal.http)


async def _not_found(request: Request, error: Exception) -> Response:
    """No such path, or not with this method. Beneath Google's host names something is meant that is not here."""
    if not isinstance(error, HTTPException):
        raise error
    where = f"{request.method} {request.url.path[:200]}"
    if ".googleapis.com/" in request.url.path:
        refusal = unimplemented(where)
    else:
        refusal = Refused(f"There is no {where} here", http=error.status_code, status="NOT_FOUND")
    return JSONResponse(refusal.body(), refusal.http, headers=error.headers)
