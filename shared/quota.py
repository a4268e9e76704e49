"""How many photos one user may send: a token bucket kept in `quotas/{uid}`."""

from __future__ import annotations

from datetime import datetime
from math import ceil

import msgspec
from msgspec.structs import replace


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """At most `burst` photos at once, and `per_hour` in the long run."""

    burst: int
    per_hour: int


class Bucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Tokens left at `update_time`; one token is one photo."""

    tokens: float
    update_time: datetime


def take(bucket: Bucket | None, count: int, *, rate: Rate, now: datetime) -> tuple[Bucket, int]:
    """Take `count` tokens: the bucket afterwards, and 0, or the bucket as it is and the seconds to wait.

    A user without a bucket has a full one. A clock that went back adds nothing. A count above `rate.burst` can never
    be had; it is asked to wait as if for a full bucket.
    """
    full = Bucket(tokens=float(rate.burst), update_time=now)
    if bucket is None:
        filled = full
    else:
        elapsed = max(0.0, (now - bucket.update_time).total_seconds())
        tokens = min(float(rate.burst), max(0.0, bucket.tokens) + elapsed * rate.per_hour / 3600)
        filled = Bucket(tokens=tokens, update_time=max(now, bucket.update_time))
    if filled.tokens >= count:
        return replace(filled, tokens=filled.tokens - count), 0
    missing = min(count, rate.burst) - filled.tokens
    return filled, max(1, ceil(missing * 3600 / rate.per_hour)) if rate.per_hour > 0 else 3600
