"""HTTP for the local cloud: Starlette routes whose every call passes the edge, served in the shared event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.edge import Edge
from localcloud.ground import HOST

Handler = Callable[[Request], Awaitable[Response]]


def route(edge: Edge, call: str, path: str, serve: Handler, *methods: str) -> Route:
    """A Starlette route that passes the edge under the name `call`."""

    async def passed(request: Request) -> Response:
        async with edge.around(call):
            return await serve(request)

    return Route(path, passed, methods=list(methods))


class WebServer:
    """uvicorn in the running event loop; signals are the process's own business."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=HOST,
            port=port,
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
