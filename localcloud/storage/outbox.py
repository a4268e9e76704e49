"""Notification configurations and the messages that still have to go out, both in the database.

Messages are written in the transaction of the event they tell, so none is lost and none is told that did not happen.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import get_args

import msgspec

from localcloud.storage.database import Database
from localcloud.storage.errors import INVALID, NOT_FOUND, Refusal
from localcloud.storage.notifications import Event, EventType, Message, NotificationConfig, message
from localcloud.storage.times import now

CONFIGS_PER_BUCKET = 100
CONFIGS_PER_EVENT = 10

_encode = msgspec.json.encode
_config = msgspec.json.Decoder(NotificationConfig)
_attributes = msgspec.json.Decoder(dict[str, str])


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has not arrived after `attempts` attempts."""

    number: int
    attempts: int
    message: Message


class Outbox:
    """Knows who wants to be told, and what has not been told yet; `changed` is set whenever that is worth a look."""

    def __init__(self, database: Database, base: str) -> None:
        self.changed = asyncio.Event()
        self._database = database
        self._base = base

    def configs(self, bucket: str) -> list[tuple[int, NotificationConfig]]:
        """A bucket's configurations with their numbers."""
        rows = self._database.rows("SELECT id, config FROM notifications WHERE bucket = ? ORDER BY id", bucket)
        return [(number, _config.decode(config)) for number, config in rows]

    def config(self, bucket: str, number: str) -> NotificationConfig:
        """One of them. Raises Refusal 404."""
        for found, config in self.configs(bucket):
            if str(found) == number:
                return config
        raise Refusal(NOT_FOUND, f"Notification configuration {number[:50]} of {bucket} not found.")

    def add_config(self, bucket: str, config: NotificationConfig) -> int:
        """Returns its number. Raises Refusal 400 when there are as many as a bucket may have."""
        with self._database.transaction():
            there = self.configs(bucket)
            self._check_room([*(config for _, config in there), config])
            number = max((number for number, _ in there), default=0) + 1
            self._database.change("INSERT INTO notifications VALUES (?, ?, ?)", bucket, number, _encode(config))
        return number

    def remove_config(self, bucket: str, number: str) -> None:
        """Raises Refusal 404."""
        self.config(bucket, number)
        self._database.change("DELETE FROM notifications WHERE bucket = ? AND id = ?", bucket, int(number))

    def remove_bucket(self, bucket: str) -> None:
        """Forgets its configurations; what is pending still goes out."""
        self._database.change("DELETE FROM notifications WHERE bucket = ?", bucket)

    def record(self, event: Event) -> None:
        """Adds the messages that tell `event`; to be called in the transaction that makes it happen."""
        for number, config in self.configs(event.about.bucket):
            if config.wants(event.type, event.about.name):
                told = message(event, number, config, self._base)
                self._database.change(
                    "INSERT INTO pending (topic, data, attributes) VALUES (?, ?, ?)",
                    told.topic,
                    told.data,
                    _encode(told.attributes),
                )
                self.changed.set()

    def claim(self, *, most: int, until: int) -> list[Pending]:
        """Takes what may be sent now, oldest first; nobody else gets it before `until`."""
        with self._database.transaction():
            rows = self._database.rows(
                "SELECT id, attempts, topic, data, attributes FROM pending WHERE due <= ? ORDER BY due, id LIMIT ?",
                now(),
                most,
            )
            self._database.change_many("UPDATE pending SET due = ? WHERE id = ?", [(until, row[0]) for row in rows])
        return [
            Pending(
                number=number,
                attempts=attempts,
                message=Message(topic=topic, data=data, attributes=_attributes.decode(attributes)),
            )
            for number, attempts, topic, data, attributes in rows
        ]

    def next_due(self) -> int | None:
        """When the next message may be sent, in microseconds since 1970."""
        row = self._database.row("SELECT min(due) FROM pending")
        return None if row is None or row[0] is None else int(row[0])

    def sent(self, number: int) -> None:
        """This one has arrived."""
        self._database.change("DELETE FROM pending WHERE id = ?", number)

    def postpone(self, number: int, *, until: int) -> None:
        """This one has not; it may be tried again at `until`."""
        self._database.change("UPDATE pending SET attempts = attempts + 1, due = ? WHERE id = ?", until, number)

    def make_all_due(self) -> None:
        """Whatever kept messages from arriving may be over."""
        self._database.change("UPDATE pending SET due = 0, attempts = 0")

    def _check_room(self, configs: list[NotificationConfig]) -> None:
        per_event: Counter[str] = Counter()
        for config in configs:
            per_event.update(config.event_types or get_args(EventType))
        if len(configs) > CONFIGS_PER_BUCKET or max(per_event.values()) > CONFIGS_PER_EVENT:
            raise Refusal(
                INVALID,
                f"A bucket has at most {CONFIGS_PER_BUCKET} notifications, {CONFIGS_PER_EVENT} per type of event.",
            )
