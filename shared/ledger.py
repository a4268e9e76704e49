"""Money: every paid call is reserved before it is made and settled with the job's result.

`ledger/{day}` sums up a UTC day; `ledger/{day}/entries/{jobId}:{feature}` is one reservation. Amounts are micro-dollars
(1,000,000 = one US dollar), so that sums are exact. At 80 % of the day's limit Loupe warns, at 90 % batch work has to
wait, at 100 % paid calls are no longer made and results say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """One paid call of one job: what was reserved for it, and what it came to (0: it was not made after all)."""

    day: str
    job_id: str
    uid: str
    feature: str
    reserved: int
    spent: int

    @property
    def path(self) -> str:
        """The entry's document."""
        return f"ledger/{self.day}/entries/{self.job_id}:{self.feature}"


def day_of(at: datetime) -> str:
    """The ledger's day, `YYYY-MM-DD` in UTC."""
    return at.strftime("%Y-%m-%d")


def level(used: int, limit: int) -> Level:
    """Where `used` micro-dollars stand against `limit`. A limit of 0 allows nothing."""
    percent = 100 if limit <= 0 else used * 100 // limit
    return next((reached for threshold, reached in THRESHOLDS if percent >= threshold), Level.NORMAL)


def standing(database: Database, at: datetime, *, limit: int) -> Level:
    """The day's level as it is now."""
    return level(_used(database.read(f"ledger/{day_of(at)}") or {}), limit)


def reserve(
    database: Database, *, job_id: str, uid: str, feature: str, micro_usd: int, limit: int, at: datetime
) -> Charge | None:
    """Set `micro_usd` aside for one call, or answer None where the day's limit would be passed.

    A repeated reservation of the same job and feature finds the first one and counts once.
    """
    charge = Charge(day=day_of(at), job_id=job_id, uid=uid, feature=feature, reserved=micro_usd, spent=0)
    if micro_usd == 0:
        return charge
    day_path = f"ledger/{charge.day}"

    def decide(found: Mapping[str, Fields | None]) -> tuple[Charge | None, Sequence[Write]]:
        if found[charge.path] is not None:
            return charge, ()
        day = found[day_path] or {}
        if _used(day) + micro_usd > limit:
            return None, ()
        total = {"reserved": day.get("reserved", 0) + micro_usd, "settled": day.get("settled", 0), "limit": limit}
        return charge, [
            Write(path=day_path, fields={**total, **_kept("", at)}),
            Write(path=charge.path, fields=_entry(charge, "RESERVED", at)),
        ]

    return database.transact([day_path, charge.path], decide)


def settle(charge: Charge, at: datetime) -> Sequence[Write]:
    """The writes that turn a reservation into what was spent; they belong into the commit that ends the job."""
    if charge.reserved == 0:
        return ()
    day = Write(
        path=f"ledger/{charge.day}",
        fields={"updateTime": at},
        add={"reserved": -charge.reserved, "settled": charge.spent},
    )
    return [day, Write(path=charge.path, fields=_entry(charge, "SETTLED" if charge.spent else "REFUNDED", at))]


def _used(day: Fields) -> int:
    return int(day.get("reserved", 0)) + int(day.get("settled", 0))


def _entry(charge: Charge, state: str, at: datetime) -> Fields:
    amounts = {"reserved": charge.reserved, "spent": charge.spent}
    return {"jobId": charge.job_id, "feature": charge.feature, "state": state, **amounts, **_kept(charge.uid, at)}


def _kept(uid: str, at: datetime) -> Fields:
    return {"uid": uid, "createTime": at, "updateTime": at, "expireTime": at + KEPT, "schemaVersion": 1}
