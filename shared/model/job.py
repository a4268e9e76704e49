"""A job as it is kept in `jobs/{jobId}` and as clients see it: one small document (under 2 KB)."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from shared.model.kinds import Priority
from shared.model.states import RANK, ChargeState, ImageState, Purge, Stage, State

SCHEMA_VERSION: Final = 1
KEPT: Final = timedelta(days=30)  # then Firestore's TTL removes the document; readers check it too
Time = Annotated[datetime, msgspec.Meta(tz=True)]  # in UTC
JOB_ID: Final = re.compile(r"[a-z0-9]{20}")


class Warned(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something the user should know though the photo was taken: a soft fail of a quality rule, say."""

    reason: str
    message: str
    image: int | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Why a job failed, in the same words as an HTTP error."""

    status: str
    reason: str
    message: str
    image: int | None = None


class JobImage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One expected photo: what was promised at creation, and which object generation kept the promise."""

    state: ImageState = ImageState.AWAITED
    content_type: str
    size: int
    generation: int | None = None


class Consent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the user allowed; everything is off unless said.

    `location`: where the photo was taken, as the camera wrote it. `approximate_location`: only to about a kilometre.
    """

    location: bool = False
    approximate_location: bool = False


class OpenCharge(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A paid call of the attempt in hand: what is reserved for it in the ledger, in micro-dollars, and since when."""

    feature: str
    micro_usd: int
    state: ChargeState
    create_time: Time


class PublicJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a job's owner sees of it. Times are UTC.

    `attempt` is the fence that every later write checks; it counts all claims there ever were. `run` counts how often
    the analysis was asked for: retrying and reprocessing begin the next run.
    """

    uid: str
    kind: str
    state: State = State.PENDING
    stage: Stage = Stage.AWAITING_UPLOAD
    progress: float = 0.0
    priority: Priority = Priority.NORMAL
    asset_id: str | None = None
    batch_id: str | None = None
    options: dict[str, Any] = {}
    consent: Consent = Consent()
    run: int = 1
    attempt: int = 0
    lease_expire_time: Time | None = None
    images: dict[str, JobImage]
    warnings: tuple[Warned, ...] = ()
    summary: dict[str, Any] = {}
    error: Failure | None = None
    degraded: tuple[Warned, ...] = ()
    cost: dict[str, int] = {}
    provenance: dict[str, str] = {}
    create_time: Time
    update_time: Time
    start_time: Time | None = None
    complete_time: Time | None = None
    expire_time: Time
    schema_version: int = SCHEMA_VERSION

    @property
    def complete_set(self) -> bool:
        """Whether every expected photo has arrived."""
        return all(image.state is not ImageState.AWAITED for image in self.images.values())


class Job(PublicJob, frozen=True, kw_only=True, rename="camel"):
    """The whole document: what the owner sees, and what the protocol remembers.

    `run_attempt` is the attempt before this run, `releases` counts the attempts of this run that a passing failure of
    something Loupe depends on ended. `redrive_time` is when the sweep had the job delivered again since it last moved,
    `run_tokens` are the requests that began its later runs, `charges` are open paid calls by name, `trace` is the W3C
    traceparent of the request that made the job, `queue_time` when the last photo so far arrived, or the run was asked
    for. A tombstone is a job
    with a `delete_time`; it holds none of the owner's data.
    """

    lease_owner: str | None = None
    run_attempt: int = 0
    releases: int = 0
    redrive_time: Time | None = None
    run_tokens: tuple[str, ...] = ()
    charges: dict[str, OpenCharge] = {}
    trace: str = ""
    queue_time: Time | None = None
    delete_time: Time | None = None
    purge: Purge | None = None

    def alive(self, at: datetime) -> bool:
        """Whether the job is there to be seen: neither expired nor deleted."""
        return self.delete_time is None and self.expire_time > at

    @property
    def rank(self) -> tuple[int, int]:
        """How far the job has come: it never decreases."""
        return self.run, RANK[self.state]


class JobResource(PublicJob, frozen=True, kw_only=True, rename="camel"):
    """A job as HTTP answers it: what the owner sees, with its resource name."""

    name: str


def resource(job_id: str, job: Job) -> JobResource:
    """The job as its owner sees it over HTTP."""
    seen = {field: getattr(job, field) for field in PublicJob.__struct_fields__}
    return JobResource(name=f"jobs/{job_id}", **seen)


def new_job_id() -> str:
    """Twenty random characters of [a-z0-9]: names carry no user and spread over Cloud Storage's shards."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(20))


def uploads_folder(priority: Priority, job_id: str) -> str:
    """What the names of all uploads of a job begin with, and no other's."""
    return f"{priority}/{job_id}/"


def derived_folder(job_id: str) -> str:
    """What the names of all pictures begin with that were made of a job's photos, and no other's."""
    return f"{job_id}/"


def object_name(priority: Priority, job_id: str, index: int) -> str:
    """Where a photo is uploaded: `{priority}/{jobId}/{index}`."""
    return f"{uploads_folder(priority, job_id)}{index}"


def parse_object_name(name: str) -> tuple[Priority, str, int] | None:
    """The priority, job and index of an upload's name; None for a name that is not an upload's."""
    match = re.fullmatch(rf"({'|'.join(Priority)})/({JOB_ID.pattern})/(\d{{1,3}})", name)
    return (Priority(match[1]), match[2], int(match[3])) if match else None


def now() -> datetime:
    """UTC now, to the microsecond, as Firestore keeps it."""
    return datetime.now(UTC)
