"""The console of the local cloud: its port, and the task that keeps reading the functions' logs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localcloud.console.exposition import as_json, prometheus
from localcloud.console.tail import Tail
from localcloud.console.tally import Tally
from localcloud.ground import Ground
from localcloud.pubsub.waiting import Waiting
from localcloud.web import WebServer

PERIOD: Final = 1.0  # seconds between looks at the logs: a log that is put aside is not missed

Backlogs = Callable[[], Sequence[Waiting]]


class Console:
    """`GET /metrics` and `GET /metrics.json` on `ground.ports.console`; `waiting` tells what Pub/Sub holds."""

    def __init__(self, ground: Ground, *, waiting: Backlogs) -> None:
        self._tally = Tally()
        self._tail = Tail(ground.data / "logs", self._tally.hear)
        self._waiting = waiting
        routes = [
            Route("/metrics", self._prometheus, methods=["GET"]),
            Route("/metrics.json", self._json, methods=["GET"]),
        ]
        self._server = WebServer(Starlette(routes=routes), ground.ports.console)
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the port is open. Raises OSError if it is taken."""
        await self._server.start()
        self._reading = asyncio.create_task(self._keep_reading())

    async def stop(self) -> None:
        """Returns when the port is closed."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        await self._server.stop()
        self._tail.close()

    async def _keep_reading(self) -> None:
        while True:
            self._tail.read()
            await asyncio.sleep(PERIOD)

    async def _prometheus(self, _: Request) -> Response:
        self._tail.read()
        return Response(prometheus(self._tally, self._waiting()), media_type=CONTENT_TYPE_LATEST)

    async def _json(self, _: Request) -> Response:
        self._tail.read()
        return Response(as_json(self._tally, self._waiting()), media_type="application/json")
