"""What the upload function takes and answers, as types; openapi.yaml is made of them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from shared.model.job import JobResource
from shared.model.kinds import Priority
from shared.storage.signing import SignedUpload

SAFE: Final = 2**53  # integers up to here survive every JSON reader
OptionValue = (
    bool | Annotated[int, msgspec.Meta(ge=-SAFE, le=SAFE)] | float | Annotated[str, msgspec.Meta(max_length=1000)]
)


class Photo(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A photo that will be uploaded: its MIME type and exact size in bytes."""

    content_type: str
    size: int


class Consented(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the user allowed to be kept: where the photo was taken (`location`), or that to about a kilometre only
    (`approximateLocation`). Without either nothing of the place is kept.
    """

    location: bool = False
    approximate_location: bool = False


class JobRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A job that is asked for. `requestId` has the same effect as the header Idempotency-Key."""

    kind: str
    images: tuple[Photo, ...] = ()
    options: dict[str, OptionValue] = {}
    priority: Priority = Priority.NORMAL
    asset_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    consent: Consented = Consented()
    request_id: str | None = None


class Upload(SignedUpload, frozen=True, kw_only=True, rename="camel"):
    """Where to put photo number `image`, counted from 0."""

    image: int


class CreatedJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A job, and where to put the photos that have not arrived yet."""

    job: JobResource
    uploads: tuple[Upload, ...]


class Uploads(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to put the photos that have not arrived yet."""

    uploads: tuple[Upload, ...]
