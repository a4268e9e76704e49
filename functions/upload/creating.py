"""`POST /v1/jobs` and `POST /v1/jobs/{id}:sign`.

URLs are signed before the job is written: when signing fails, nothing has been made and no quota is gone.
"""

from __future__ import annotations

from operator import itemgetter

import msgspec
from msgspec.structs import replace
from werkzeug.wrappers import Request, Response

from shared import ledger
from shared.errors import FailedPrecondition
from shared.http.answers import json_answer
from shared.http.bodies import read_json
from shared.http.idempotency import HEADER, idempotency_key
from shared.jobs import creation
from shared.jobs.access import owned_job
from shared.logging import traceparent
from shared.medical import check_intended_use
from shared.model.job import KEPT, Consent, Job, JobImage, new_job_id, object_name, resource
from shared.model.kinds import Priority
from shared.model.states import ImageState, State

from .admission import admit, throttle
from .contract import CreatedJob, JobRequest, Upload, Uploads
from .services import Services


def create_job(services: Services, request: Request) -> Response:
    """Make a job and answer where its photos go: 201, or 200 where its idempotency key has made one before."""
    caller = services.gate.caller(request.headers)
    wanted = read_json(request, JobRequest)
    key = idempotency_key(request.headers.get(HEADER), wanted.request_id)
    kind = admit(wanted, services.switches.now())
    told = services.settings
    check_intended_use(kind, acknowledged=told.medical_intended_use_ack, in_cloud=bool(told.k_service))
    _keep_to_budget(services, wanted.priority)
    job_id, job = new_job_id(), _new_job(caller.uid, wanted, services)
    uploads = _sign(services, job_id, job)
    made_id, new = creation.create(
        services.jobs.database,
        job_id,
        job,
        rate=services.settings.rate,
        key=key,
        body=_canonical(wanted),
        at=job.create_time,
    )
    if not new:
        return _replay(services, caller.uid, made_id)
    location = {"Location": f"/v1/jobs/{job_id}"}
    return json_answer(CreatedJob(job=resource(job_id, job), uploads=uploads), 201, location)


def sign_again(services: Services, request: Request, job_id: str) -> Response:
    """Fresh URLs for the photos of a job that have not arrived. Raises JOB_NOT_FOUND and JOB_NOT_PENDING."""
    caller = services.gate.caller(request.headers)
    job = owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    if job.state is not State.PENDING:
        message = f"This job takes no more photos: it is {job.state}. Make a new job for new photos."
        raise FailedPrecondition("JOB_NOT_PENDING", message, state=job.state)
    return json_answer(Uploads(uploads=_sign(services, job_id, job)))


def _replay(services: Services, uid: str, job_id: str) -> Response:
    job = owned_job(services.jobs, job_id, uid=uid, at=services.clock())
    uploads = _sign(services, job_id, job) if job.state is State.PENDING else ()
    return json_answer(CreatedJob(job=resource(job_id, job), uploads=uploads))


def _keep_to_budget(services: Services, priority: Priority) -> None:
    if priority is Priority.BATCH:
        now = services.clock()
        limit = services.settings.daily_budget_micro_usd
        throttle(priority, ledger.standing(services.jobs.database, now, limit=limit), now)


def _new_job(uid: str, wanted: JobRequest, services: Services) -> Job:
    at = services.clock()
    images = {
        str(index): JobImage(content_type=photo.content_type, size=photo.size)
        for index, photo in enumerate(wanted.images)
    }
    return Job(
        uid=uid,
        kind=wanted.kind,
        priority=wanted.priority,
        asset_id=wanted.asset_id,
        options=wanted.options,
        consent=Consent(location=wanted.consent.location, approximate_location=wanted.consent.approximate_location),
        images=images,
        trace=traceparent(),
        create_time=at,
        update_time=at,
        expire_time=at + KEPT,
    )


def _sign(services: Services, job_id: str, job: Job) -> tuple[Upload, ...]:
    awaited = [(int(index), image) for index, image in job.images.items() if image.state is ImageState.AWAITED]
    return tuple(_upload(services, job_id, job, index, image) for index, image in sorted(awaited, key=itemgetter(0)))


def _upload(services: Services, job_id: str, job: Job, index: int, image: JobImage) -> Upload:
    name = object_name(job.priority, job_id, index)
    signed = services.signer.sign(
        name, content_type=image.content_type, size=image.size, now=services.clock(), trace=job.trace
    )
    return Upload(image=index, url=signed.url, headers=signed.headers, expire_time=signed.expire_time)


def _canonical(wanted: JobRequest) -> bytes:
    """What two requests have in common that ask for the same, however they are spelled."""
    return msgspec.json.encode(replace(wanted, request_id=None), order="sorted")
