"""The addresses of the upload function."""

from __future__ import annotations

from typing import Final

from shared.http.health import health
from shared.http.routing import Operation, Route

from .contract import CreatedJob, JobRequest, Uploads
from .creating import create_job, sign_again

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
        "INTENDED_USE_NOT_ACKNOWLEDGED",
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
