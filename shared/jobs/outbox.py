"""The outbox: effects of a job's end, written in the transaction that ends it and sent afterwards.

A row's id follows from the job and what happened, so that writing or sending it twice is the same as once: receivers
know it by the attribute `eventId`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from shared.database import Fields, Write
from shared.documents import to_document, to_json
from shared.model.job import SCHEMA_VERSION, Job

KEPT: Final = timedelta(days=7)
EVENT_TYPE: Final = "dev.loupe.job.v1.{state}"

Publish = Callable[[bytes, dict[str, str]], None]


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event that has to be published. `send_time` is None until it has been."""

    uid: str
    job_id: str
    event_type: str
    payload: dict[str, Any]
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    send_time: datetime | None = None
    schema_version: int = SCHEMA_VERSION


def path(job_id: str, job: Job) -> str:
    """The row's document: one per job and final state."""
    return f"outbox/{job_id}:{job.state.lower()}"


def ended(job_id: str, job: Job, now: datetime) -> Write:
    """The row that announces the end of a job (a small extract, no pictures, no place)."""
    row = OutboxRow(
        uid=job.uid,
        job_id=job_id,
        event_type=EVENT_TYPE.format(state=job.state.lower()),
        payload={
            "name": f"jobs/{job_id}",
            "uid": job.uid,
            "kind": job.kind,
            "state": job.state,
            "error": to_json(job.error) if job.error else None,
        },
        create_time=now,
        update_time=now,
        expire_time=now + KEPT,
    )
    return Write(path=path(job_id, job), fields=to_document(row))


def sent(row_path: str, fields: Fields | None, now: datetime) -> Sequence[Write]:
    """The write that notes that a row has been published; none where the row is gone or says so already."""
    if fields is None or fields["sendTime"] is not None:
        return ()
    return [Write(path=row_path, fields={**fields, "sendTime": now, "updateTime": now})]


def send(row_path: str, row: OutboxRow, publish: Publish) -> None:
    """Publish the event as a CloudEvent in Pub/Sub's binary mode. Raises what `publish` raises."""
    event_id = row_path.removeprefix("outbox/")
    attributes = {
        "eventId": event_id,
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": row.event_type,
        "ce-source": f"//loupe/jobs/{row.job_id}",
        "ce-time": row.create_time.isoformat(),
        "content-type": "application/json",
    }
    publish(msgspec.json.encode(row.payload), attributes)
