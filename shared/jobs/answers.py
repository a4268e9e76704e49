"""What a paid call answered, kept for a later attempt of the same job, so that it need not be paid again.

A row `cache/{jobId}:{call}` belongs to its job: it is written only by whoever holds the job, and deleted with it.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Final

from shared.database import Fields, Write
from shared.model.job import SCHEMA_VERSION, Job

MAX_BYTES: Final = 900_000  # a document may have 1 MiB; an answer that is larger is not kept


def path(job_id: str, call: str) -> str:
    """The row of one call."""
    return f"cache/{job_id}:{call}"


def keep(job_id: str, job: Job, call: str, answer: bytes, now: datetime) -> list[Write]:
    """The write that keeps an answer; none where it is too large."""
    packed = zlib.compress(answer)
    if len(packed) > MAX_BYTES:
        return []
    kept = {"uid": job.uid, "createTime": now, "updateTime": now, "expireTime": job.expire_time}
    fields = {"jobId": job_id, "answer": packed, **kept, "schemaVersion": SCHEMA_VERSION}
    return [Write(path=path(job_id, call), fields=fields)]


def read(fields: Fields | None) -> bytes | None:
    """The answer that a row keeps, or None where there is no row."""
    return zlib.decompress(fields["answer"]) if fields is not None else None
