"""What the status function is asked and answers, as types; openapi.yaml is made of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from shared.model.job import JobResource
from shared.model.states import State


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
