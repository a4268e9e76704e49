"""Photos in Cloud Storage: read by generation, derived pictures written once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from google.api_core import exceptions, retry

if TYPE_CHECKING:
    from google.cloud.storage import Client

CALL_TIMEOUT: Final = 10.0  # seconds of one try
TOTAL_TIMEOUT: Final = 15.0  # seconds of all tries
AGAIN: Final = retry.Retry(
    predicate=retry.if_exception_type(
        exceptions.TooManyRequests,
        exceptions.InternalServerError,
        exceptions.BadGateway,
        exceptions.ServiceUnavailable,
        exceptions.GatewayTimeout,
        ConnectionError,
    ),
    initial=0.1,
    maximum=2.0,
    timeout=TOTAL_TIMEOUT,
)


class Objects:
    """The uploads that are read and the derived bucket that is written."""

    def __init__(self, client: Client, *, uploads: str, derived: str) -> None:
        self._uploads = client.bucket(uploads)
        self._derived = client.bucket(derived)

    def read(self, name: str, generation: int) -> bytes | None:
        """The object's bytes at exactly this generation, checksum verified; None if it is gone.

        Raises google.api_core errors when Cloud Storage does not answer in time.
        """
        blob = self._uploads.blob(name, generation=generation)
        try:
            data: bytes = blob.download_as_bytes(timeout=CALL_TIMEOUT, retry=AGAIN, checksum="auto")
        except exceptions.NotFound:
            return None
        return data

    def write(self, name: str, data: bytes, content_type: str) -> str:
        """Write a derived object unless it is there, and answer its `gs://` name.

        The name holds the upload's generation, and the same upload gives the same picture: one that is there already
        was written by an earlier attempt and is as good as this one.
        """
        blob = self._derived.blob(name)
        blob.cache_control = "private, max-age=31536000, immutable"
        with contextlib.suppress(exceptions.PreconditionFailed):
            blob.upload_from_string(
                data, content_type=content_type, timeout=CALL_TIMEOUT, retry=AGAIN, if_generation_match=0
            )
        return f"gs://{self._derived.name}/{name}"
