"""Photos in Cloud Storage: read by generation, derived pictures written once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from google.api_core import exceptions

if TYPE_CHECKING:
    from google.cloud.storage import Client

CALL_TIMEOUT: Final = 10.0  # seconds of one try
TOTAL_TIMEOUT: Final = 15.0  # seconds of all tries


class Objects:
    """The uploads that are read and the derived bucket that is written."""

    def __init__(self, client: Client, *, uploads: str, derived: str) -> None:
        from google.cloud.storage.retry import DEFAULT_RETRY

        # The library's own: it knows in which shapes a passing failure of an upload or a download comes.
        self._again = DEFAULT_RETRY.with_delay(initial=0.1, maximum=2.0, multiplier=2.0).with_timeout(TOTAL_TIMEOUT)
        self._uploads = client.bucket(uploads)
        self._derived = client.bucket(derived)

    def read(self, name: str, generation: int) -> bytes | None:
        """The object's bytes at exactly this generation, checksum verified; None if it is gone.

        Raises google.api_core errors when Cloud Storage does not answer in time.
        """
        from google.cloud.storage.exceptions import DataCorruption

        blob = self._uploads.blob(name, generation=generation)
        try:
            data: bytes = blob.download_as_bytes(timeout=CALL_TIMEOUT, retry=self._again, checksum="auto")
        except exceptions.NotFound:
            return None
        except DataCorruption as error:
            raise exceptions.ServiceUnavailable(f"{name} was changed on its way") from error
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
                data, content_type=content_type, timeout=CALL_TIMEOUT, retry=self._again, if_generation_match=0
            )
        return f"gs://{self._derived.name}/{name}"
