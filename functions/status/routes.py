"""The addresses of the status function."""

from __future__ import annotations

from typing import Final

from shared.http.health import health
from shared.http.routing import Operation, Route
from shared.model.job import JobResource

from .contract import Findings, Images, JobList, JobsQuery, ListQuery, Reports, WaitQuery
from .reading import get_job, list_findings, list_images, list_jobs, list_reports, wait_for_job

IF_NONE_MATCH: Final = {"If-None-Match": "The ETag of the last answer: 304 where nothing has changed."}
PAGED: Final = ("PAGE_SIZE_INVALID", "PAGE_TOKEN_INVALID")

GET: Final = Operation(
    name="getJob",
    summary="Get a job as it is now",
    headers=IF_NONE_MATCH,
    answers={200: JobResource, 304: None},
    reasons=("JOB_NOT_FOUND",),
)
WAIT: Final = Operation(
    name="waitForJob",
    summary="Get a job as soon as it has changed or is final",
    description="Answers when the job's ETag is another than `etag`, when the job is final, or after `timeout`.",
    query=WaitQuery,
    headers=IF_NONE_MATCH,
    answers={200: JobResource, 304: None},
    reasons=("JOB_NOT_FOUND", "TIMEOUT_INVALID", "WAITERS_FULL"),
)
LIST: Final = Operation(
    name="listJobs",
    summary="List your jobs, newest first",
    query=JobsQuery,
    headers=IF_NONE_MATCH,
    answers={200: JobList, 304: None},
    reasons=PAGED,
)


def _details(name: str, summary: str, answer_type: type[Images | Findings | Reports]) -> Operation:
    return Operation(
        name=name,
        summary=summary,
        query=ListQuery,
        headers=IF_NONE_MATCH,
        answers={200: answer_type, 304: None},
        reasons=("JOB_NOT_FOUND", *PAGED),
    )


ROUTES: Final = (
    Route("GET", "/v1/jobs", list_jobs, LIST),
    Route("GET", "/v1/jobs/<id:job_id>", get_job, GET),
    Route("GET", "/v1/jobs/<id:job_id>:wait", wait_for_job, WAIT),
    Route(
        "GET",
        "/v1/jobs/<id:job_id>/images",
        list_images,
        _details("listImages", "List what is known of a job's photos", Images),
    ),
    Route(
        "GET",
        "/v1/jobs/<id:job_id>/findings",
        list_findings,
        _details("listFindings", "List what was found in a job's photos", Findings),
    ),
    Route(
        "GET",
        "/v1/jobs/<id:job_id>/reports",
        list_reports,
        _details("listReports", "List what was made of a job's photos", Reports),
    ),
    health("status"),
)
