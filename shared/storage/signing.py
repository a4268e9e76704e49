"""Signed URLs: one lets its bearer put one object of one type and size in one place, once; another lets it be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

if TYPE_CHECKING:
    from google.auth.credentials import Signing
    from google.cloud.storage import Bucket

LIFETIME: Final = timedelta(minutes=15)
# What browsers must be allowed to send to the uploads bucket (CORS): the headers that signatures of uploads bind.
SIGNED_HEADERS: Final = (
    "content-type",
    "x-goog-content-length-range",
    "x-goog-if-generation-match",
    "x-goog-meta-traceparent",
)
READABLE: Final = timedelta(minutes=10)  # long enough to show a picture, too short to pass a URL around


class SignedUpload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to put a photo. The headers are part of the signature: exactly these have to be sent."""

    url: str
    headers: Mapping[str, str]
    expire_time: Annotated[datetime, msgspec.Meta(tz=True)]
    method: str = "PUT"


class UploadSigner:
    """Signs uploads to one bucket, on behalf of the service account whose `credentials` sign.

    With STORAGE_EMULATOR_HOST set, the URLs lead there. Raises what `credentials.sign_bytes` raises.
    """

    def __init__(self, credentials: Signing, *, bucket: str, lifetime: timedelta = LIFETIME) -> None:
        self._bucket = _bucket(bucket)
        self._credentials = credentials
        self._lifetime = lifetime

    def sign(self, name: str, *, content_type: str, size: int, now: datetime, trace: str = "") -> SignedUpload:
        """The URL for an object of this name, MIME type and exact size in bytes that does not exist yet.

        `trace` (a W3C traceparent) goes with the object, so that the analysis is logged under the same trace.
        """
        bound = {
            "content-type": content_type,
            "x-goog-content-length-range": f"{size},{size}",
            "x-goog-if-generation-match": "0",
        }
        if trace:
            bound["x-goog-meta-traceparent"] = trace
        url: str = self._bucket.blob(name).generate_signed_url(
            version="v4",
            method="PUT",
            expiration=self._lifetime,
            headers=dict(bound),  # a copy, for the library adds to it
            credentials=self._credentials,
        )
        return SignedUpload(url=url, headers=bound, expire_time=now + self._lifetime)


class SignedDownload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to read an object: a plain GET, until `expire_time`."""

    url: str
    expire_time: Annotated[datetime, msgspec.Meta(tz=True)]


class DownloadSigner:
    """Signs reads of one bucket; otherwise like UploadSigner."""

    def __init__(self, credentials: Signing, *, bucket: str, lifetime: timedelta = READABLE) -> None:
        self._bucket = _bucket(bucket)
        self._credentials = credentials
        self._lifetime = lifetime

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return str(self._bucket.name)

    def sign(self, name: str, *, file: str, now: datetime) -> SignedDownload:
        """The URL of an object of this name, which a browser shows and saves as `file` ([A-Za-z0-9._-] only)."""
        url: str = self._bucket.blob(name).generate_signed_url(
            version="v4",
            method="GET",
            expiration=self._lifetime,
            response_disposition=f'inline; filename="{file}"',
            credentials=self._credentials,
        )
        return SignedDownload(url=url, expire_time=now + self._lifetime)


def _bucket(name: str) -> Bucket:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    # The client makes no call: it knows how a URL of its bucket is signed, and where the bucket is.
    return Client(project="-", credentials=AnonymousCredentials()).bucket(name)
