"""Money: every paid call is reserved before it is made, and settled or refunded when its attempt ends.

`ledger/{day}` sums up a UTC day; `ledger/{day}/entries/{jobId}:{attempt}:{name}` is one reservation. It names the job
and never the user. Amounts are micro-dollars (1,000,000 = one US dollar), so that sums are exact. At 80 % of the day's
limit Loupe warns, at 90 % batch work has to wait, at 100 % paid calls are no longer made and results say so.

The writes here belong into the commit that changes the job's own list of open charges (`shared.jobs.charges`): that
commit happens once, so the sums are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from shared.database import Database, Fields, Write

KEPT: Final = timedelta(days=400)


class Level(StrEnum):
    """How much of the day's budget is spoken for."""

    NORMAL = "normal"
    WARN = "warn"
    THROTTLE = "throttle"
    DEGRADE = "degrade"


THRESHOLDS: Final = ((100, Level.DEGRADE), (90, Level.THROTTLE), (80, Level.WARN))  # percent, highest first


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One paid call of one attempt of a job, and the price that is set aside for it."""

    job_id: str
    attempt: int
    name: str
    feature: str
    micro_usd: int
    create_time: datetime  # of the reservation; the day it counts for

    @property
    def day(self) -> str:
        """The day that the charge counts for."""
        return day_of(self.create_time)

    @property
    def path(self) -> str:
        """The entry's document."""
        return f"{day_path(self.create_time)}/entries/{self.job_id}:{self.attempt}:{self.name}"


def day_of(at: datetime) -> str:
    """The ledger's day, `YYYY-MM-DD` in UTC."""
    return at.strftime("%Y-%m-%d")


def day_path(at: datetime) -> str:
    """The document that sums up the day."""
    return f"ledger/{day_of(at)}"


def level(used: int, limit: int) -> Level:
    """Where `used` micro-dollars stand against `limit`. A limit of 0 allows nothing."""
    percent = 100 if limit <= 0 else used * 100 // limit
    return next((reached for threshold, reached in THRESHOLDS if percent >= threshold), Level.NORMAL)


def standing(database: Database, at: datetime, *, limit: int) -> Level:
    """The day's level as it is now."""
    return level(_used(database.read(day_path(at)) or {}), limit)


def room(day: Fields | None, *, limit: int) -> int:
    """How many micro-dollars can still be set aside on a day; never less than 0."""
    return max(0, limit - _used(day or {}))


def reserve(charges: Sequence[Charge], day: Fields | None, *, limit: int, at: datetime) -> Sequence[Write]:
    """The writes that set the charges aside. `day` is the day's document as it was read in the same transaction."""
    if not charges:
        return ()
    fields = day or {}
    total = {
        "reserved": int(fields.get("reserved", 0)) + sum(charge.micro_usd for charge in charges),
        "settled": int(fields.get("settled", 0)),
        "limit": limit,
        **_kept(fields.get("createTime", at), at),
    }
    entries = [Write(path=charge.path, fields=_entry(charge, "RESERVED", 0, at)) for charge in charges]
    return [Write(path=day_path(at), fields=total), *entries]


def settle(charge: Charge, spent: int, at: datetime, *, assumed: bool = False) -> Sequence[Write]:
    """The writes that turn a reservation into what was spent; 0 refunds it.

    `assumed`: nobody knows whether the call was billed.
    """
    if charge.micro_usd == 0:
        return ()
    change = {"reserved": -charge.micro_usd, "settled": spent}
    day = Write(path=day_path(charge.create_time), fields={"updateTime": at}, add=change)
    entry = _entry(charge, "SETTLED" if spent else "REFUNDED", spent, at)
    return [day, Write(path=charge.path, fields={**entry, "assumed": True} if assumed else entry)]


def _used(day: Fields) -> int:
    return int(day.get("reserved", 0)) + int(day.get("settled", 0))


def _entry(charge: Charge, state: str, spent: int, at: datetime) -> Fields:
    about = {"jobId": charge.job_id, "attempt": charge.attempt, "feature": charge.feature, "state": state}
    return {**about, "reserved": charge.micro_usd, "spent": spent, **_kept(charge.create_time, at)}


def _kept(created: datetime, at: datetime) -> Fields:
    return {"uid": "", "createTime": created, "updateTime": at, "expireTime": created + KEPT, "schemaVersion": 1}
