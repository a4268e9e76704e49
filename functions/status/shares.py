"""Share links: who holds the token of one may see one picture of a job, until it expires or its owner revokes it.

`shares/{hash}` holds everything but the token, of which only the SHA-256 hash is kept: reading the database opens no
link. Each link may be opened so often only, so that one that got around costs its owner little.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from shared import quota
from shared.database import Database, Found, Write
from shared.documents import from_document, to_document
from shared.errors import FailedPrecondition, NotFound, ResourceExhausted
from shared.model.job import SCHEMA_VERSION, Time

MOST: Final = 20  # living links of one job
LONGEST: Final = timedelta(days=30)
USUAL: Final = timedelta(days=7)
OPENINGS: Final = quota.Rate(burst=30, per_hour=120)
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")  # 192 bits


class Share(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One link, as it is kept. It goes with its job: whoever owns that, may list and revoke it; `uid` made it."""

    uid: str
    job_id: str
    picture: str
    create_time: Time
    update_time: Time
    expire_time: Time
    revoke_time: Time | None = None
    open_count: int = 0
    openings: quota.Bucket
    schema_version: int = SCHEMA_VERSION

    def alive(self, at: datetime) -> bool:
        """Whether it opens."""
        return self.revoke_time is None and self.expire_time > at


class Shares:
    """The links of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, job_id: str, *, uid: str, picture: str, at: datetime, expire_time: datetime) -> tuple[str, Share]:
        """A new link; answers its token, which nobody is told again. Raises FailedPrecondition SHARES_EXHAUSTED.

        Applied without an answer: the hash of the token is recognised.
        """
        if sum(share.alive(at) for _, share in self.of_job(job_id)) >= MOST:
            message = f"This job has {MOST} links that still open. Revoke one before you make another."
            raise FailedPrecondition("SHARES_EXHAUSTED", message, max=str(MOST))
        token = secrets.token_urlsafe(24)
        share = Share(
            uid=uid,
            job_id=job_id,
            picture=picture,
            create_time=at,
            update_time=at,
            expire_time=expire_time,
            openings=quota.Bucket(tokens=float(OPENINGS.burst), update_time=at),
        )
        self._database.transact([path(token)], lambda found: (None, _new(found, path(token), share)))
        return token, share

    def of_job(self, job_id: str) -> list[tuple[str, Share]]:
        """Every link of the job, oldest first, by its id; revoked ones too."""
        found = self._database.find("shares", "jobId", job_id, limit=300)
        shares = [(where.removeprefix("shares/"), from_document(fields, Share)) for where, fields in found]
        return sorted(shares, key=lambda each: each[1].create_time)

    def revoke(self, job_id: str, share: str, *, at: datetime) -> Share:
        """The link opens no more. Twice is as good as once. Raises NotFound SHARE_NOT_FOUND."""
        where = f"shares/{share}"

        def decide(found: Found) -> tuple[Share, Sequence[Write]]:
            kept = _share(found[where])
            if kept is None or kept.job_id != job_id:
                raise not_found()
            if kept.revoke_time is not None:
                return kept, ()
            revoked = replace(kept, revoke_time=at, update_time=at)
            return revoked, [Write(path=where, fields=to_document(revoked))]

        return self._database.transact([where], decide)

    def open(self, token: str, *, at: datetime) -> Share:
        """What the link leads to, counted. Raises NotFound SHARE_NOT_FOUND, ResourceExhausted SHARE_THROTTLED."""
        if not TOKEN.fullmatch(token):
            raise not_found()
        where = path(token)

        def decide(found: Found) -> tuple[Share, Sequence[Write]]:
            share = _share(found[where])
            if share is None or not share.alive(at):
                raise not_found()
            openings, wait = quota.take(share.openings, 1, rate=OPENINGS, now=at)
            if wait:
                message = f"This link is opened too often. Try again in {wait} seconds."
                raise ResourceExhausted("SHARE_THROTTLED", message, retry_after=wait)
            opened = replace(share, openings=openings, open_count=share.open_count + 1, update_time=at)
            return opened, [Write(path=where, fields=to_document(opened))]

        return self._database.transact([where], decide)


def share_id(token: str) -> str:
    """The id of the link with this token: its hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def path(token: str) -> str:
    """The document of the link with this token."""
    return f"shares/{share_id(token)}"


def not_found() -> NotFound:
    """One answer for all: whether there ever was such a link is nobody's business."""
    return NotFound(
        "SHARE_NOT_FOUND",
        "This link leads nowhere: it has expired, its owner has revoked it, or it was never made. Ask for a new one.",
    )


def _share(fields: dict[str, Any] | None) -> Share | None:
    return from_document(fields, Share) if fields is not None else None


def _new(found: Found, where: str, share: Share) -> Sequence[Write]:
    return [Write(path=where, fields=to_document(share))] if found[where] is None else ()
