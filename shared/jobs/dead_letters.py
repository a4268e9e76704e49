"""Deliveries that Pub/Sub has given up, kept in full in `deadLetters/{id}` until an operator has dealt with them.

A letter's id follows from what was delivered, so that a second letter about the same upload is the same document. A
letter is kept only as long as something can be done about it: not of a job that was deleted or came to another end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from shared.database import Database, Fields, Found, Write
from shared.documents import from_document, to_document
from shared.events import Message
from shared.jobs.protocol import Arrival
from shared.model.job import KEPT, SCHEMA_VERSION, Job, Time, parse_object_name
from shared.model.states import State

COLLECTION: Final = "deadLetters"
UNKNOWN_JOB: Final = "JOB_UNKNOWN"  # there is no such job, or not any more
UNREADABLE: Final = "MESSAGE_UNREADABLE"  # it is no notification of an upload
SOURCE: Final = "CloudPubSubDeadLetterSource"  # what the attributes begin with that Pub/Sub adds


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message as it was delivered, and why its job failed. `count`: how often it came to be a dead letter.

    `job_id` is empty where the message is not about a job.
    """

    uid: str = ""
    job_id: str = ""
    reason: str
    message_id: str
    attributes: dict[str, str]
    data: bytes
    count: int = 1
    create_time: Time
    update_time: Time
    expire_time: Time
    schema_version: int = SCHEMA_VERSION


def place_of(message: Message, arrival: Arrival | None) -> tuple[str, str]:
    """The id of the letter that a message becomes, and the job that it is about (or an empty text)."""
    place = parse_object_name(arrival.name) if arrival else None
    if arrival is None or place is None:
        return f"message:{hashlib.sha256(message.message_id.encode()).hexdigest()[:20]}", ""
    _, job_id, index = place
    return f"{job_id}:{index}:{arrival.generation}", job_id


def published(message: Message) -> datetime | None:
    """When the message was published that has become this dead letter, if that can be told."""
    try:
        at = datetime.fromisoformat(message.attributes.get(f"{SOURCE}TopicPublishTime", ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def keep(database: Database, letter_id: str, job_id: str, message: Message, *, now: datetime) -> str | None:
    """Keep the message, and answer the reason that it is kept under; None where nothing is left to be done about it.

    Lost: it is not kept, and has to be delivered again. Repeated or applied without an answer: it is kept once.
    """
    path = f"{COLLECTION}/{letter_id}"
    job_path = f"jobs/{job_id}"

    def decide(found: Found) -> tuple[str | None, Sequence[Write]]:
        fields = found[job_path] if job_id else None
        letter = _letter(from_document(fields, Job) if fields else None, job_id, message, now)
        return _kept(letter, path, found[path], now)

    return database.transact([path, *([job_path] if job_id else [])], decide)


def drop(database: Database, letter_id: str) -> bool:
    """Forget a letter, and answer whether there was one. Repeated or applied without an answer: there is none."""
    path = f"{COLLECTION}/{letter_id}"

    def decide(found: Found) -> tuple[bool, Sequence[Write]]:
        return (True, [Write(path=path, fields=None)]) if found[path] is not None else (False, ())

    return database.transact([path], decide)


def _letter(job: Job | None, job_id: str, message: Message, now: datetime) -> DeadLetter | None:
    """The letter, unless the job has ended well, was deleted, or was queued again meanwhile."""
    if job is not None and (job.delete_time is not None or job.state is not State.FAILED):
        return None
    failure = job.error if job is not None else None
    reason = failure.reason if failure is not None else (UNKNOWN_JOB if job_id else UNREADABLE)
    return DeadLetter(
        uid=job.uid if job is not None else "",
        job_id=job_id,
        reason=reason,
        message_id=message.message_id,
        attributes=message.attributes,
        data=message.data,
        create_time=now,
        update_time=now,
        expire_time=now + KEPT,
    )


def _kept(
    letter: DeadLetter | None, path: str, before: Fields | None, now: datetime
) -> tuple[str | None, Sequence[Write]]:
    if letter is None:
        return None, [Write(path=path, fields=None)] if before is not None else ()
    if before is not None:
        first = from_document(before, DeadLetter)
        if first.message_id == letter.message_id:
            return first.reason, ()
        letter = replace(letter, count=first.count + 1, create_time=first.create_time, update_time=now)
    return letter.reason, [Write(path=path, fields=to_document(letter))]
