"""What the status function is asked and answers, as types; openapi.yaml is made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from shared.diseases.info import DiseaseInfo
from shared.model.job import JobResource
from shared.model.states import State

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which page. `pageSize`: 1 to 100, 20 unless said."""

    page_size: int = 0
    page_token: str = ""


class JobsQuery(ListQuery, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which page of which jobs."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{0,64}$")] = ""
    state: State | None = None


class WaitQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How long to wait, in seconds (at most 55), and the ETag of the job as the caller knows it."""

    timeout: float = 30.0
    etag: str = ""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Another run that is asked for. `requestId` has the same effect as the header Idempotency-Key."""

    request_id: str | None = None


class ClaimRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whose jobs to take over: the ID token of the anonymous account, at most an hour old."""

    id_token: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class Claimed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many jobs are the caller's now. Where `complete` is false, the same request goes on with the rest."""

    jobs: int
    complete: bool


class JobList(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Jobs, newest first; `nextPageToken` is there where more follow. A page may be shorter than asked for."""

    jobs: list[JobResource]
    next_page_token: str = ""


class Images(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of the photos of a job."""

    images: list[dict[str, Any]]
    next_page_token: str = ""


class Findings(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was found in the photos of a job."""

    findings: list[dict[str, Any]]
    next_page_token: str = ""


class Reports(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was made of it."""

    reports: list[dict[str, Any]]
    next_page_token: str = ""


class Picture(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A derived picture or document, and the URL that reads it until `expireTime`: a plain GET, without a token.

    `image` is the photo it was made of, where it was made of one alone; width and height are pixels.
    """

    name: str
    type: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    image: int | None = None
    url: str
    expire_time: Time


class Pictures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every derived picture of a job."""

    pictures: list[Picture]


class ShareRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which picture of the job to share, and for how many seconds: a week unless said, at most 30 days."""

    picture: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    ttl_seconds: Annotated[int, msgspec.Meta(ge=60, le=2_592_000)] | None = None


class ShareResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link to a picture: how long it opens, how often it was opened, when its owner revoked it."""

    name: str
    picture: str
    create_time: Time
    expire_time: Time
    revoke_time: Time | None
    open_count: int


class CreatedShare(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A new link. `url` is told this once: only its hash is kept."""

    share: ShareResource
    url: str


class ShareList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The links of a job, oldest first, revoked ones too."""

    shares: list[ShareResource]


class LabelsQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """In which language, as `de` or `de-AT`: that, or English."""

    locale: Annotated[str, msgspec.Meta(max_length=35)] = ""


class Labels(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the labels of a kind stand for, and in which language that is told."""

    kind: str
    locale: str
    labels: tuple[DiseaseInfo, ...]
