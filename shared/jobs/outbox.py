"""The outbox: effects of a job's change, written in the transaction that makes it and sent afterwards.

A row's id follows from the job, its run and what happened, so that writing or sending it twice is the same as once:
receivers know it by the attribute `eventId`. A row is UNSENT until somebody has noted that it was published; whoever
finds one that still is may send it (`outbox` where `state` is UNSENT).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from shared.database import Fields, Write
from shared.documents import to_document, to_json
from shared.events import notification
from shared.jobs.protocol import Arrival
from shared.model.job import SCHEMA_VERSION, Job, Time, object_name

KEPT: Final = timedelta(days=7)
EVENT_TYPE: Final = "dev.loupe.job.v1.{state}"

Publish = Callable[[bytes, dict[str, str]], None]


class Topic(StrEnum):
    """Where a row is published."""

    EVENTS = "events"  # for whoever wants to know what became of jobs
    UPLOADS = "uploads"  # where Cloud Storage notifies: has a job worked on


class RowState(StrEnum):
    """Whether somebody has noted that the row was published."""

    UNSENT = "UNSENT"
    SENT = "SENT"


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One message that has to be published."""

    uid: str
    job_id: str
    topic: Topic = Topic.EVENTS
    state: RowState = RowState.UNSENT
    attributes: dict[str, str] = {}
    payload: dict[str, Any]
    create_time: Time
    update_time: Time
    expire_time: Time
    send_time: Time | None = None
    schema_version: int = SCHEMA_VERSION


def path(job_id: str, job: Job) -> str:
    """The document of the row for the state that the job is in: one per job, run and state."""
    return f"outbox/{job_id}:{job.run}:{job.state.lower()}"


def ended(job_id: str, job: Job, now: datetime) -> Write:
    """The row that announces the end of a job (a small extract, no pictures, no place), as a CloudEvent."""
    payload = {
        "name": f"jobs/{job_id}",
        "uid": job.uid,
        "kind": job.kind,
        "run": job.run,
        "state": job.state,
        "error": to_json(job.error) if job.error else None,
    }
    attributes = {
        "ce-specversion": "1.0",
        "ce-type": EVENT_TYPE.format(state=job.state.lower()),
        "ce-source": f"//loupe/jobs/{job_id}",
        "ce-time": now.isoformat(),
        "content-type": "application/json",
    }
    return _row(job_id, job, Topic.EVENTS, payload, attributes, now)


def queued(job_id: str, job: Job, bucket: str, now: datetime) -> Write:
    """The row that has a job worked on whose photos are all there: as if its first photo had just been uploaded."""
    index, image = min(job.images.items(), key=lambda item: int(item[0]))
    assert image.generation is not None  # noqa: S101 - a job is queued with all its photos
    payload, attributes = notification(
        Arrival(
            bucket=bucket,
            name=object_name(job.priority, job_id, int(index)),
            generation=image.generation,
            size=image.size,
            content_type=image.content_type,
            trace=job.trace,
        ),
        priority=job.priority,
    )
    return _row(job_id, job, Topic.UPLOADS, payload, attributes, now)


def sent(row_path: str, fields: Fields | None, now: datetime) -> Sequence[Write]:
    """The write that notes that a row has been published; none where the row is gone or says so already."""
    if fields is None or fields["state"] == RowState.SENT:
        return ()
    noted = {**fields, "state": RowState.SENT.value, "sendTime": now, "updateTime": now}
    return [Write(path=row_path, fields=noted)]


def send(row_path: str, row: OutboxRow, publish: Publish) -> None:
    """Publish the row under its own id, byte for byte the same every time. Raises what `publish` raises."""
    event_id = row_path.removeprefix("outbox/")
    publish(
        msgspec.json.encode(row.payload, order="sorted"), {"eventId": event_id, "ce-id": event_id, **row.attributes}
    )


def _row(
    job_id: str, job: Job, topic: Topic, payload: dict[str, Any], attributes: dict[str, str], now: datetime
) -> Write:
    traced = {"traceparent": job.trace} if job.trace else {}
    row = OutboxRow(
        uid=job.uid,
        job_id=job_id,
        topic=topic,
        attributes={**attributes, **traced},
        payload=payload,
        create_time=now,
        update_time=now,
        expire_time=now + KEPT,
    )
    return Write(path=path(job_id, job), fields=to_document(row))
