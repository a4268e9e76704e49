"""The addresses of the analyze function: one for each subscription that pushes here, and the health check."""

from __future__ import annotations

from typing import Final

from shared.http.health import health
from shared.http.routing import Route

from .dead_letters import keep_dead_letter
from .delivery import deliver
from .pushes import endpoint
from .spending import heed_budget
from .tasks import run

ROUTES: Final = (
    Route("POST", "/", endpoint(deliver)),
    Route("POST", "/tasks", endpoint(run)),
    Route("POST", "/dead-letters", endpoint(keep_dead_letter)),
    Route("POST", "/budget", endpoint(heed_budget)),
    health("analyze"),
)
