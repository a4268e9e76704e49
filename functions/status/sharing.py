"""`POST` and `GET /v1/jobs/{id}/shares`, `POST …/shares/{share}:revoke`, and `GET /v1/shared/{token}` for everybody."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.wrappers import Request, Response

from shared.http.answers import json_answer
from shared.http.bodies import read_json
from shared.jobs.access import owned_job

from .contract import CreatedShare, ShareList, ShareRequest, ShareResource
from .pictures import kept_picture, kept_pictures, read_url
from .services import Services
from .shares import USUAL, Share, not_found, share_id


def create_share(services: Services, request: Request, job_id: str) -> Response:
    """A link to one picture of the job. Raises JOB_NOT_FOUND, PICTURE_NOT_FOUND, SHARES_EXHAUSTED."""
    caller = services.gate.caller(request.headers)
    wanted = read_json(request, ShareRequest)
    at = services.clock()
    job = owned_job(services.jobs, job_id, uid=caller.uid, at=at)
    kept_picture(services, job_id, wanted.picture)
    lifetime = timedelta(seconds=wanted.ttl_seconds) if wanted.ttl_seconds else USUAL
    expire_time = min(at + lifetime, job.expire_time)
    token, share = services.shares.create(
        job_id, uid=caller.uid, picture=wanted.picture, at=at, expire_time=expire_time
    )
    made = _resource(share_id(token), share)
    return json_answer(CreatedShare(share=made, url=_address(services, request, token)), 201)


def list_shares(services: Services, request: Request, job_id: str) -> Response:
    """The job's links, without their tokens. Raises JOB_NOT_FOUND."""
    caller = services.gate.caller(request.headers)
    owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    shares = services.shares.of_job(job_id)
    return json_answer(ShareList(shares=[_resource(each, share) for each, share in shares]))


def revoke_share(services: Services, request: Request, job_id: str, share: str) -> Response:
    """The link opens no more. Raises JOB_NOT_FOUND, SHARE_NOT_FOUND."""
    caller = services.gate.caller(request.headers)
    at = services.clock()
    owned_job(services.jobs, job_id, uid=caller.uid, at=at)
    return json_answer(_resource(share, services.shares.revoke(job_id, share, at=at)))


def open_share(services: Services, request: Request, token: str) -> Response:
    """The way to what a link shows, for anybody who has it. Raises SHARE_NOT_FOUND, SHARE_THROTTLED."""
    del request
    at = services.clock()
    share = services.shares.open(token, at=at)
    job = services.jobs.get(share.job_id)
    if job is None or not job.alive(at):
        raise not_found()
    kept = kept_pictures(services, share.job_id).get(share.picture)
    if kept is None:
        raise not_found()
    answer = Response(status=302)
    answer.headers["Location"] = read_url(services, share.picture, kept).url
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _address(services: Services, request: Request, token: str) -> str:
    """Where the link is opened: at this function, by the name under which the caller reached it unless set."""
    base = services.public_url
    if not base:
        scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
        base = f"{scheme}://{request.host}"
    return f"{base.rstrip('/')}/v1/shared/{token}"


def _resource(each: str, share: Share) -> ShareResource:
    return ShareResource(
        name=f"jobs/{share.job_id}/shares/{each}",
        picture=share.picture,
        create_time=share.create_time,
        expire_time=share.expire_time,
        revoke_time=share.revoke_time,
        open_count=share.open_count,
    )
