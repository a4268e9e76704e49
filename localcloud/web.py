"""HTTP for the local cloud: Starlette routes whose every call passes the edge, served in the shared event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from localcloud.edge import Edge
from localcloud.faults.bodies import HarmedRequest, HarmedResponse, NoResponse, gone
from localcloud.faults.decision import UNTOUCHED, Decision
from localcloud.faults.effects import Truncate
from localcloud.faults.failure import Dropped
from localcloud.ground import HOST

Handler = Callable[[Request], Awaitable[Response]]

_TRANSPORT = "localcloud.transport"


def route(edge: Edge, call: str, path: str, serve: Handler, *methods: str) -> Route:
    """A Starlette route that passes the edge under the name `call`; an application has to answer `Fault` somehow."""
    describe = edge.serve(call)

    async def passed(request: Request) -> Response:
        try:
            async with edge.around(call, partial(describe, request), gone=partial(gone, request.receive)) as decision:
                if decision is UNTOUCHED:
                    return await serve(request)
                return await _harmed(serve, request, decision)
        except Dropped:
            transport = _transport(request)
            if transport is None:
                raise
            return NoResponse(transport.abort)

    return Route(path, passed, methods=list(methods))


async def _harmed(serve: Handler, request: Request, decision: Decision) -> Response:
    transport = _transport(request)
    if transport is None:
        return await serve(request)
    if decision.request is not None:
        length = int(request.headers.get("content-length", "0"))
        request = Request(request.scope, HarmedRequest(request.receive, decision.request, length))
    try:
        answer = await serve(request)
    except ClientDisconnect:
        if isinstance(decision.request, Truncate):
            raise Dropped("the upload was cut", applied=False) from None
        raise
    if decision.answer is not None or decision.malformed:
        return HarmedResponse(answer, decision, transport.close)
    return answer


def _transport(request: Request) -> asyncio.Transport | None:
    """The connection that a request came over; a call that came inside another one has none."""
    state: dict[str, Any] = request.scope.get("state", {})
    return state.get(_TRANSPORT)


class WebServer:
    """uvicorn in the running event loop; signals are the process's own business."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=HOST,
            port=port,
            http=_Protocol,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=75,
        )
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the port is open. Raises OSError if it is taken."""
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            if self._task.done():
                raise OSError(f"port {self._server.config.port} is taken")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Finishes what is under way, at most a second, then closes."""
        self._server.should_exit = True
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=1)
            for task in late:
                task.cancel()


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(H11Protocol):
    """Tells the application the connection of each request, so that faults can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}
