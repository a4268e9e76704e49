"""The uploaded photos of a job, as Cloud Storage has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.api_core import exceptions

from shared.model.job import Job, object_name

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud.storage import Client

CALL_TIMEOUT: Final = 10.0  # seconds of one try
TOTAL_TIMEOUT: Final = 15.0  # seconds of all tries


class UploadedPhotos:
    """The bucket that clients put photos into."""

    def __init__(self, client: Client, bucket: str) -> None:
        self._bucket = client.bucket(bucket)
        self._again = trying_again()

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        """Which generation of each photo of the job is there; None where there is none.

        Raises google.api_core errors when Cloud Storage does not answer in time.
        """
        return {int(index): self._generation(object_name(job.priority, job_id, int(index))) for index in job.images}

    def _generation(self, name: str) -> int | None:
        blob = self._bucket.blob(name)
        try:
            blob.reload(timeout=CALL_TIMEOUT, retry=self._again)
        except exceptions.NotFound:
            return None
        return int(blob.generation)


def trying_again() -> Retry:
    """How a call of Cloud Storage is tried again: by the library's own rules, within TOTAL_TIMEOUT."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    # It knows in which shapes a passing failure of an upload or a download comes.
    again: Retry = DEFAULT_RETRY.with_delay(initial=0.1, maximum=2.0, multiplier=2.0).with_timeout(TOTAL_TIMEOUT)
    return again
