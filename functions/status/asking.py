"""What a job's owner may ask for: `POST /v1/jobs/{id}:cancel`, `:retry`, `:reprocess`, and `DELETE /v1/jobs/{id}`.

What follows from a change is written with it, in the outbox; sending it here is only the quick way. Where that fails,
the sweep sends it, and the answer is the same.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable
from typing import Any, Final

import msgspec
from werkzeug.wrappers import Request, Response

from shared import tasks
from shared.errors import FailedPrecondition
from shared.http.answers import json_answer
from shared.http.bodies import read_json
from shared.http.failures import as_refusal
from shared.http.idempotency import HEADER, idempotency_key
from shared.jobs import wishes
from shared.jobs.access import job_not_found, owned_job
from shared.jobs.protocol import Verdict
from shared.model.job import Job, resource
from shared.model.states import State

from .contract import RunRequest
from .services import Services

log = logging.getLogger(__name__)


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A way to have a job run once more: what it is called, from which state, and how it is decided."""

    verb: str
    state: State
    decide: Callable[..., Verdict]


RETRY: Final = Again(verb="retry", state=State.FAILED, decide=wishes.retry)
REPROCESS: Final = Again(verb="reprocess", state=State.COMPLETED, decide=wishes.reprocess)


def cancel_job(services: Services, request: Request, job_id: str) -> Response:
    """End a job as CANCELLED; one that is final stays as it is. Raises JOB_NOT_FOUND."""
    caller = services.gate.caller(request.headers)
    owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    _, job = services.control.cancel(job_id)
    return _answer(services, job_id, job)


def retry_job(services: Services, request: Request, job_id: str) -> Response:
    """Have a FAILED job run once more. Raises JOB_NOT_FOUND, JOB_NOT_FAILED, and what `_once_more` raises."""
    return _once_more(services, request, job_id, RETRY, services.control.retry)


def reprocess_job(services: Services, request: Request, job_id: str) -> Response:
    """Have a COMPLETED job run once more. Raises JOB_NOT_FOUND, JOB_NOT_COMPLETED, and what `_once_more` raises."""
    return _once_more(services, request, job_id, REPROCESS, services.control.reprocess)


def delete_job(services: Services, request: Request, job_id: str) -> Response:
    """Delete a job and everything of it; 204, also where it has been deleted just before. Raises JOB_NOT_FOUND."""
    caller = services.gate.caller(request.headers)
    owned_job(services.jobs, job_id, uid=caller.uid, at=None)
    services.control.bury(job_id)
    _soon(lambda: services.ask(*tasks.purge(job_id)), job_id)
    return Response(status=204)


def _once_more(services: Services, request: Request, job_id: str, again: Again, begin: Callable[..., Any]) -> Response:
    """Begin another run. Raises IDEMPOTENCY_KEY_INVALID, KIND_DISABLED, PHOTOS_GONE and RUNS_EXHAUSTED."""
    caller = services.gate.caller(request.headers)
    token = _token(request, again.verb)
    job: Job | None = owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    assert job is not None  # noqa: S101 - or it would have been raised
    if job.state is again.state and token not in job.run_tokens:
        if not services.switches.now().kind(job.kind):
            message = f"The analysis {job.kind} is turned off for now. Try again later."
            raise FailedPrecondition("KIND_DISABLED", message, kind=job.kind)
        _, job = begin(job_id, services.photos().generations(job_id, job), token=token)
    else:
        again.decide(job, {}, token=token, now=services.clock())  # refuses, or knows the request
    return _answer(services, job_id, job)


def _token(request: Request, verb: str) -> str:
    """What this very request is known by on the job; the same key with another verb is another request."""
    wanted = read_json(request, RunRequest, optional=True)
    key = idempotency_key(request.headers.get(HEADER), wanted.request_id) or uuid.uuid4().hex
    return hashlib.sha256(f"{verb}:{key}".encode()).hexdigest()[:32]


def _answer(services: Services, job_id: str, job: Job | None) -> Response:
    """The job as it is now, after its announcement has been sent."""
    if job is None or job.delete_time is not None:  # by somebody else, just now
        raise job_not_found(job_id)
    _soon(lambda: services.jobs.send_outbox(job_id, services.publishers), job_id)
    return json_answer(resource(job_id, job))


def _soon(send: Callable[[], None], job_id: str) -> None:
    """Send what follows; what does not answer now is left to the sweep."""
    try:
        send()
    except Exception as error:
        refusal = as_refusal(error)
        if refusal is None:
            raise
        log.warning("Left to the sweep: %s", refusal.internal or refusal.reason, extra={"labels": {"job_id": job_id}})
