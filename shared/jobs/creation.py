"""A new job: the document, the caller's idempotency key and the caller's quota, in one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from shared import quota
from shared.database import Database, Fields, Write
from shared.documents import from_document, to_document
from shared.errors import AlreadyExists, ResourceExhausted
from shared.model.job import Job

KEY_KEPT: Final = timedelta(days=1)


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The first use of an idempotency key: which body it came with and which job it made."""

    uid: str
    body_hash: str
    job_id: str
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    schema_version: int = 1


def create(
    database: Database, job_id: str, job: Job, *, rate: quota.Rate, key: str | None, body: bytes, at: datetime
) -> tuple[str, bool]:
    """Write the job, and answer its id and whether it was made by this very call.

    With a `key`, a repeated call answers the first call's job; the same key with another body raises AlreadyExists
    IDEMPOTENCY_KEY_REUSED. Raises ResourceExhausted QUOTA_EXCEEDED where the user's bucket is empty.
    Applied without an answer: the key, or the job's own id, is recognised when it is read again.
    """
    job_path, quota_path = f"jobs/{job_id}", f"quotas/{job.uid}"
    body_hash = hashlib.sha256(body).hexdigest()
    key_path = f"requests/{job.uid}:{hashlib.sha256(key.encode()).hexdigest()[:32]}" if key is not None else None

    def decide(found: Mapping[str, Fields | None]) -> tuple[tuple[str, bool], Sequence[Write]]:
        first = found[key_path] if key_path else None
        if first is not None and first["expireTime"] > at:
            return (_replayed(first, body_hash), first["jobId"] == job_id), ()
        if found[job_path] is not None:
            return (job_id, True), ()
        writes = [
            Write(path=job_path, fields=to_document(job)),
            Write(path=quota_path, fields=_taken(found[quota_path], len(job.images), job.uid, rate, at)),
        ]
        if key_path:
            request = Request(
                uid=job.uid,
                body_hash=body_hash,
                job_id=job_id,
                create_time=at,
                update_time=at,
                expire_time=at + KEY_KEPT,
            )
            writes.append(Write(path=key_path, fields=to_document(request)))
        return (job_id, True), writes

    return database.transact([path for path in (job_path, quota_path, key_path) if path], decide)


def _replayed(first: Fields, body_hash: str) -> str:
    if first["bodyHash"] != body_hash:
        raise AlreadyExists(
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used before with another request. Use a new key for a new request.",
        )
    return str(first["jobId"])


def _taken(kept: Fields | None, count: int, uid: str, rate: quota.Rate, at: datetime) -> Fields:
    bucket = from_document(kept, quota.Bucket) if kept is not None else None
    left, wait = quota.take(bucket, count, rate=rate, now=at)
    if wait:
        raise ResourceExhausted(
            "QUOTA_EXCEEDED",
            f"You have sent as many photos as is allowed for now. Try again in {wait} seconds.",
            retry_after=wait,
        )
    created = kept["createTime"] if kept is not None else at
    document = {"uid": uid, "createTime": created, "expireTime": at + timedelta(days=30), "schemaVersion": 1}
    return {**to_document(left), **document}
