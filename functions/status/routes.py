"""The addresses of the status function."""

from __future__ import annotations

from typing import Final

from shared.http.health import health
from shared.http.idempotency import HEADER
from shared.http.routing import Operation, Route
from shared.model.job import JobResource
from shared.model.quality import Policy

from .asking import cancel_job, delete_job, reprocess_job, retry_job
from .claiming import claim_jobs
from .contract import (
    Claimed,
    ClaimRequest,
    CreatedShare,
    Findings,
    Images,
    JobList,
    JobsQuery,
    Labels,
    LabelsQuery,
    ListQuery,
    Picture,
    Pictures,
    Reports,
    RunRequest,
    ShareList,
    ShareRequest,
    ShareResource,
    WaitQuery,
)
from .explaining import get_quality_policy, list_labels
from .pictures import get_picture, list_pictures
from .reading import get_job, list_findings, list_images, list_jobs, list_reports, wait_for_job
from .sharing import create_share, list_shares, open_share, revoke_share

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
PICTURES: Final = Operation(
    name="listPictures",
    summary="List a job's derived pictures, each with a URL to read it",
    answers={200: Pictures},
    reasons=("JOB_NOT_FOUND", "SIGNING_UNAVAILABLE"),
)
PICTURE: Final = Operation(
    name="getPicture",
    summary="Get one derived picture with a URL to read it",
    answers={200: Picture},
    reasons=("JOB_NOT_FOUND", "PICTURE_NOT_FOUND", "SIGNING_UNAVAILABLE"),
)
SHARE: Final = Operation(
    name="createShare",
    summary="Make a link that shows one picture to whoever has it",
    description="The link is told once. It opens until it expires, is revoked, or the job is deleted.",
    takes=ShareRequest,
    answers={201: CreatedShare},
    reasons=("JOB_NOT_FOUND", "PICTURE_NOT_FOUND", "SHARES_EXHAUSTED"),
)
SHARES: Final = Operation(
    name="listShares", summary="List a job's links", answers={200: ShareList}, reasons=("JOB_NOT_FOUND",)
)
REVOKE: Final = Operation(
    name="revokeShare",
    summary="Revoke a link: it opens no more",
    answers={200: ShareResource},
    reasons=("JOB_NOT_FOUND", "SHARE_NOT_FOUND"),
)
OPEN: Final = Operation(
    name="openShare",
    summary="Open a link: leads to the picture, without sign-in",
    answers={302: None},
    reasons=("SHARE_NOT_FOUND", "SHARE_THROTTLED", "SIGNING_UNAVAILABLE"),
    open=True,
)
LABELS: Final = Operation(
    name="listLabels",
    summary="Read what the labels of a kind stand for, in plain words, with sources",
    description="It explains words and says nothing about a person. `locale` is `en`, `de`, or anything like `de-AT`.",
    query=LabelsQuery,
    headers=IF_NONE_MATCH,
    answers={200: Labels, 304: None},
    reasons=("LABELS_NOT_FOUND",),
    open=True,
)
POLICY: Final = Operation(
    name="getQualityPolicy",
    summary="Get what is asked of a photo, to warn before it is uploaded",
    description="`limits` and `empty` reject, `rules` warn, `retake` says what helps. docs/quality.md tells metrics.",
    headers=IF_NONE_MATCH,
    answers={200: Policy, 304: None},
    open=True,
)


CANCEL: Final = Operation(
    name="cancelJob",
    summary="End a job that is not final",
    description="It is CANCELLED then, and nothing that is found out later is kept. A final job stays as it is.",
    answers={200: JobResource},
    reasons=("JOB_NOT_FOUND",),
)
DELETE: Final = Operation(
    name="deleteJob",
    summary="Delete a job, with its photos and everything that was made of them",
    description="It cannot be seen from then on, by anybody. Photos and documents are removed within minutes.",
    answers={204: None},
    reasons=("JOB_NOT_FOUND",),
)


CLAIM: Final = Operation(
    name="claimJobs",
    summary="Take over the jobs of an anonymous account",
    description="For who signed in to an account that was there already. Nothing is interrupted, and links stay valid.",
    takes=ClaimRequest,
    answers={200: Claimed},
    reasons=("CLAIM_TOKEN_INVALID", "CLAIM_NOT_ANONYMOUS", "INVALID_REQUEST"),
)


def _once_more(name: str, summary: str, description: str, reason: str) -> Operation:
    return Operation(
        name=name,
        summary=summary,
        description=description,
        takes=RunRequest,
        optional=True,
        headers={HEADER: "A random key. The same request sent again with it begins no second run."},
        answers={200: JobResource},
        reasons=(
            *("JOB_NOT_FOUND", reason, "PHOTOS_GONE", "RUNS_EXHAUSTED", "KIND_DISABLED"),
            *("IDEMPOTENCY_KEY_INVALID", "INVALID_REQUEST"),
        ),
    )


RETRY: Final = _once_more(
    "retryJob",
    "Have a job that FAILED run once more",
    "With the same photos, which are not sent again. What was paid for is not paid for again.",
    "JOB_NOT_FAILED",
)
REPROCESS: Final = _once_more(
    "reprocessJob",
    "Have a job that is COMPLETED run once more",
    "With the same photos. The results stay until those of the new run replace them, all at once.",
    "JOB_NOT_COMPLETED",
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
    Route("POST", "/v1/jobs:claim", claim_jobs, CLAIM),
    Route("GET", "/v1/jobs/<id:job_id>", get_job, GET),
    Route("DELETE", "/v1/jobs/<id:job_id>", delete_job, DELETE),
    Route("POST", "/v1/jobs/<id:job_id>:cancel", cancel_job, CANCEL),
    Route("POST", "/v1/jobs/<id:job_id>:retry", retry_job, RETRY),
    Route("POST", "/v1/jobs/<id:job_id>:reprocess", reprocess_job, REPROCESS),
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
    Route("GET", "/v1/jobs/<id:job_id>/pictures", list_pictures, PICTURES),
    Route("GET", "/v1/jobs/<id:job_id>/pictures/<file:picture>", get_picture, PICTURE),
    Route("POST", "/v1/jobs/<id:job_id>/shares", create_share, SHARE),
    Route("GET", "/v1/jobs/<id:job_id>/shares", list_shares, SHARES),
    Route("POST", "/v1/jobs/<id:job_id>/shares/<id:share>:revoke", revoke_share, REVOKE),
    Route("GET", "/v1/shared/<id:token>", open_share, OPEN),
    Route("GET", "/v1/kinds/<id:kind>/labels", list_labels, LABELS),
    Route("GET", "/v1/policies/quality", get_quality_policy, POLICY),
    health("status"),
)
