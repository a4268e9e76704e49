"""A job's objects in Cloud Storage: photos are read by generation, pictures written once, all of it removed at last."""

from __future__ import annotations

import base64
import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from google.api_core import exceptions

from shared.model.job import JOB_ID, derived_folder, parse_object_name, uploads_folder
from shared.storage.photos import CALL_TIMEOUT, UploadedPhotos, trying_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.cloud.storage import Bucket, Client

    from shared.model.job import Job
    from shared.model.kinds import Priority


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An object as it is listed. `job_id` is empty for a name that is no job's."""

    name: str
    job_id: str
    update_time: datetime


class Objects:
    """The uploads that are read and the derived bucket that is written."""

    def __init__(self, client: Client, *, uploads: str, derived: str) -> None:
        self._again = trying_again()
        self._photos = UploadedPhotos(client, uploads)
        self._uploads = client.bucket(uploads)
        self._derived = client.bucket(derived)
        self._places: Mapping[str, tuple[Bucket, Callable[[str], str]]] = {
            "uploads": (self._uploads, _uploaded_for),
            "derived": (self._derived, _derived_for),
        }

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

    def page(self, bucket: str, *, after: str, limit: int) -> list[Kept]:
        """At most `limit` objects of `uploads` or `derived` in the order of their names, after the name `after`.

        Raises google.api_core errors when Cloud Storage does not answer in time.
        """
        place, job_of = self._places[bucket]
        listed = place.list_blobs(
            start_offset=after or None, max_results=limit + 1, timeout=CALL_TIMEOUT, retry=self._again
        )
        found = [Kept(name=blob.name, job_id=job_of(blob.name), update_time=blob.updated) for blob in listed]
        return [kept for kept in found if kept.name > after][:limit]

    def _empty(self, bucket: Bucket, folder: str) -> None:
        for blob in bucket.list_blobs(prefix=folder, versions=True, timeout=CALL_TIMEOUT, retry=self._again):
            with contextlib.suppress(exceptions.NotFound):
                blob.bucket.delete_blob(blob.name, generation=blob.generation, timeout=CALL_TIMEOUT, retry=self._again)


def _checksum(data: bytes) -> str:
    """CRC32C as Cloud Storage tells it: base64 of its four bytes, the highest first."""
    import google_crc32c

    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def _uploaded_for(name: str) -> str:
    parsed = parse_object_name(name)
    return parsed[1] if parsed else ""


def _derived_for(name: str) -> str:
    job_id, slash, _ = name.partition("/")
    return job_id if slash and JOB_ID.fullmatch(job_id) else ""
