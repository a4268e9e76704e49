"""A deployed function: its settings read when it starts, its services built at its first request."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from werkzeug.wrappers import Request, Response

from shared import tracing
from shared.http.respond import respond
from shared.http.routing import Route, Router
from shared.logging import configure
from shared.metrics import record
from shared.settings import load

S = TypeVar("S", bound=msgspec.Struct)


class Function(Generic[S]):
    """Everything between functions-framework and the handlers. Answers any number of requests at once."""

    def __init__(
        self,
        name: str,
        settings: type[S],
        routes: Iterable[Route],
        build: Callable[[S], Any],
        *,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Set up what does not reach outside: a wrong deployment does not start.

        `build` makes the services, which every handler is given first. Settings without `cors_origins` allow none.
        Raises SettingsError.
        """
        configure(name)
        self._name = name
        self._settings = load(settings, environ)
        tracing.configure(name, getattr(self._settings, "otel_exporter_otlp_endpoint", ""))
        self._routes = tuple(routes)
        self._build = build
        self._building = threading.Lock()
        self._built: Router | None = None

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        return respond(request, self._router, cors_origins=getattr(self._settings, "cors_origins", ()))

    def _router(self) -> Router:
        with self._building:
            if self._built is None:
                self._built = Router(self._routes, self._build(self._settings))
                record("cold_start_seconds", process_age(), function=self._name)
            return self._built


def process_age() -> float:
    """Seconds since this process was started, to 10 ms; where the system does not tell, 0."""
    try:
        started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])  # proc(5): field 22
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK"))
