"""`GET /v1/jobs/{id}`, `GET /v1/jobs/{id}:wait`, and the lists: jobs, images, findings, reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from werkzeug.wrappers import Request, Response

from shared.documents import from_document, to_json
from shared.http.answers import etag_of, tagged_answer
from shared.http.bodies import read_query
from shared.jobs.access import owned_job
from shared.model.job import Job, JobResource, resource

from .contract import Findings, Images, JobList, JobsQuery, ListQuery, Reports, WaitQuery
from .pages import page_size
from .services import Services

if TYPE_CHECKING:
    from google.cloud.firestore import Query

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def get_job(services: Services, request: Request, job_id: str) -> Response:
    """The job as it is now. Raises JOB_NOT_FOUND."""
    caller = services.gate.caller(request.headers)
    job = owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    return tagged_answer(request, resource(job_id, job))


def wait_for_job(services: Services, request: Request, job_id: str) -> Response:
    """The job, as soon as it differs from what the caller knows or is final. Raises JOB_NOT_FOUND, WAITERS_FULL."""
    caller = services.gate.caller(request.headers)
    query = read_query(request, WaitQuery)
    known = query.etag.removeprefix("W/").strip('"')

    def read() -> JobResource:
        return resource(job_id, owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock()))

    def news(job: JobResource) -> bool:
        return job.state.terminal or (known != "" and etag_of(job) != known)

    return tagged_answer(request, services.waiting.until(news, read, timeout=query.timeout))


def list_jobs(services: Services, request: Request) -> Response:
    """The caller's jobs, newest first. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
    caller = services.gate.caller(request.headers)
    query = read_query(request, JobsQuery)
    size = page_size(query.page_size)
    question = ("jobs", caller.uid, query.kind, query.state or "")
    found = _newest_first(services, caller.uid, query)
    if query.page_token:
        microseconds, job_id = services.pages.after(question, query.page_token, tuple[int, str])
        found = found.start_after({"createTime": EPOCH + microseconds * MICROSECOND, "__name__": job_id})
    snapshots = services.database.fetch(found.limit(size + 1))
    listed = [(snapshot.id, from_document(snapshot.to_dict() or {}, Job)) for snapshot in snapshots[:size]]
    at = services.clock()
    more = ""
    if len(snapshots) > size:
        job_id, last = listed[-1]
        more = services.pages.token(question, [(last.create_time - EPOCH) // MICROSECOND, job_id])
    alive = [resource(job_id, job) for job_id, job in listed if job.alive(at)]
    return tagged_answer(request, JobList(jobs=alive, next_page_token=more))


def details(collection: str, into: Callable[..., msgspec.Struct]) -> Callable[[Services, Request, str], Response]:
    """The handler that lists a collection below a job, in the order of the documents' names."""

    def list_details(services: Services, request: Request, job_id: str) -> Response:
        caller = services.gate.caller(request.headers)
        query = read_query(request, ListQuery)
        size = page_size(query.page_size)
        owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
        question = (collection, caller.uid, job_id)
        path = f"jobs/{job_id}/{collection}"
        found = services.database.client.collection(path).order_by("__name__")
        if query.page_token:
            found = found.start_after({"__name__": services.pages.after(question, query.page_token, str)})
        snapshots = services.database.fetch(found.limit(size + 1))
        listed = [{"name": f"{path}/{each.id}", **to_json(each.to_dict() or {})} for each in snapshots[:size]]
        more = services.pages.token(question, snapshots[size - 1].id) if len(snapshots) > size else ""
        return tagged_answer(request, into(**{collection: listed}, next_page_token=more))

    return list_details


def _newest_first(services: Services, uid: str, query: JobsQuery) -> Query:
    from google.cloud.firestore import Query
    from google.cloud.firestore_v1.base_query import FieldFilter

    wanted: dict[str, Any] = {"uid": uid, "kind": query.kind, "state": query.state}
    found: Any = services.database.client.collection("jobs")
    for field, value in wanted.items():
        if value:
            found = found.where(filter=FieldFilter(field, "==", str(value)))
    for field in ("createTime", "__name__"):
        found = found.order_by(field, direction=Query.DESCENDING)
    query_in_order: Query = found
    return query_in_order


list_images = details("images", Images)
list_findings = details("findings", Findings)
list_reports = details("reports", Reports)
