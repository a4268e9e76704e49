"""A job's objects in Cloud Storage: photos are read by generation, pictures written once, all of it removed at last."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING

from google.api_core import exceptions

from shared.model.job import derived_folder, uploads_folder
from shared.storage.photos import CALL_TIMEOUT, UploadedPhotos, trying_again

if TYPE_CHECKING:
    from google.cloud.storage import Bucket, Client

    from shared.model.job import Job
    from shared.model.kinds import Priority


class Objects:
    """The uploads that are read and the derived bucket that is written."""

    def __init__(self, client: Client, *, uploads: str, derived: str) -> None:
        self._again = trying_again()
        self._photos = UploadedPhotos(client, uploads)
        self._uploads = client.bucket(uploads)
        self._derived = client.bucket(derived)

    def read(self, name: str, generation: int) -> bytes | None:
        """The object's bytes at exactly this generation, checksum verified; None if it is gone.

        Raises google.api_core errors when Cloud Storage does not answer in time, or not with what it has.
        """
        from google.cloud.storage.exceptions import DataCorruption

        blob = self._uploads.blob(name, generation=generation)
        try:
            data: bytes = blob.download_as_bytes(timeout=CALL_TIMEOUT, retry=self._again, checksum="auto")
        except exceptions.NotFound:
            return None
        except DataCorruption as error:
            raise exceptions.ServiceUnavailable(f"{name} was changed on its way") from error
        # The library takes up a download where it broke off, and does not verify what it has put together.
        if blob.crc32c is None:
            blob.reload(timeout=CALL_TIMEOUT, retry=self._again)
        if blob.crc32c != _checksum(data):
            raise exceptions.ServiceUnavailable(f"{name} was cut or changed on its way")
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

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        """See `UploadedPhotos.generations`."""
        return self._photos.generations(job_id, job)

    def remove(self, job_id: str, priority: Priority) -> None:
        """Delete every object of the job, uploaded or derived, in all generations. None there is no error.

        Raises google.api_core errors when Cloud Storage does not answer in time; what is gone by then stays gone.
        """
        self._empty(self._uploads, uploads_folder(priority, job_id))
        self._empty(self._derived, derived_folder(job_id))

    def _empty(self, bucket: Bucket, folder: str) -> None:
        for blob in bucket.list_blobs(prefix=folder, versions=True, timeout=CALL_TIMEOUT, retry=self._again):
            with contextlib.suppress(exceptions.NotFound):
                blob.bucket.delete_blob(blob.name, generation=blob.generation, timeout=CALL_TIMEOUT, retry=self._again)


def _checksum(data: bytes) -> str:
    """CRC32C as Cloud Storage tells it: base64 of its four bytes, the highest first."""
    import google_crc32c

    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
