"""The addresses of the upload function."""

from __future__ import annotations

import functools
import os
from typing import Final

from werkzeug.wrappers import Request, Response

from shared.http.health import health
from shared.http.respond import respond
from shared.http.routing import Operation, Route, Router
from shared.logging import configure
from shared.settings import load

from .contract import CreatedJob, JobRequest, Uploads
from .creating import create_job, sign_again
from .services import build
from .settings import Settings

CREATE: Final = Operation(
    name="createJob",
    summary="Ask for an analysis, and for the places to put its photos",
    description="Send each photo to its `url` by PUT, with exactly the `headers` given, before `expireTime`.",
    takes=JobRequest,
    headers={"Idempotency-Key": "A random key. The same request sent again with it makes no second job."},
    answers={201: CreatedJob, 200: CreatedJob},
    reasons=(
        "KIND_UNKNOWN",
        "KIND_DISABLED",
        "IMAGE_COUNT",
        "IMAGE_TYPE",
        "IMAGE_SIZE",
        "OPTION_UNKNOWN",
        "OPTION_INVALID",
        "IDEMPOTENCY_KEY_INVALID",
        "IDEMPOTENCY_KEY_REUSED",
        "QUOTA_EXCEEDED",
        "BUDGET_THROTTLED",
        "SIGNING_UNAVAILABLE",
    ),
)
SIGN: Final = Operation(
    name="signUploads",
    summary="Get fresh places for the photos that have not arrived",
    answers={200: Uploads},
    reasons=("JOB_NOT_FOUND", "JOB_NOT_PENDING", "SIGNING_UNAVAILABLE"),
)
ROUTES: Final = (
    Route("POST", "/v1/jobs", create_job, CREATE),
    Route("POST", "/v1/jobs/<id:job_id>:sign", sign_again, SIGN),
    health("upload"),
)


def prepare() -> None:
    """Set up what does not reach outside. Raises SettingsError, so that a wrong deployment does not start."""
    configure("upload")
    settings()


def answer(request: Request) -> Response:
    """Answer one request."""
    return respond(request, router, cors_origins=settings().cors_origins)


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return load(Settings, os.environ)


@functools.cache
def router() -> Router:
    """The table of routes; the first call builds the services."""
    return Router(ROUTES, build(settings()))
