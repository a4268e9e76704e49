"""Everything that is known of a finished job, as status answers it."""

from __future__ import annotations

from typing import Any

import msgspec

from loupe.client.listing import listed
from loupe.client.phone import Phone


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A job with what is below it: this is what `--json` prints."""

    job: dict[str, Any]
    images: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    reports: dict[str, dict[str, Any]]

    @property
    def job_id(self) -> str:
        """The job's id."""
        return str(self.job["name"]).removeprefix("jobs/")

    @property
    def completed(self) -> bool:
        """Whether the job came to a result."""
        return bool(self.job["state"] == "COMPLETED")


def read(phone: Phone, job_id: str) -> Result:
    """The job and all that is below it. Raises LoupeError."""
    path = f"/v1/jobs/{job_id}"
    return Result(
        job=phone.get("status", path),
        images=list(listed(phone, f"{path}/images")),
        findings=list(listed(phone, f"{path}/findings")),
        reports={str(report["name"]).rpartition("/")[2]: report for report in listed(phone, f"{path}/reports")},
    )
