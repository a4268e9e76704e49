"""Maintenance: one round through what is kept, removing what has expired and what belongs to nothing, in bounded time.

Objects are walked by name, and their jobs looked up: where a job is past its `expireTime`, everything of it goes; where
there is none, what it left behind goes. Collections are walked by path, never by a query for times: an index of a
growing field would hold a collection to about 500 writes a second. Where Firestore's TTL policies remove documents
without anybody reading them, that second walk is turned off (docs/adr/0070-expiry-without-an-index.md).

A run that has no time left notes in `control/maintenance` where it stopped, and the next one goes on there. Two runs at
once do the same work twice, which changes nothing.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import msgspec

from shared import metrics
from shared.database import Fields, Found, Write
from shared.documents import from_document, to_document
from shared.http.failures import as_refusal
from shared.jobs.upkeep import PAGE, ROWS, expired
from shared.logging import bind

if TYPE_CHECKING:
    from .objects import Kept
    from .services import Services

PLACE: Final = "control/maintenance"
BUCKETS: Final = ("uploads", "derived")
COLLECTIONS: Final = ("jobs", *ROWS, "quotas")
STAGES: Final = (*BUCKETS, *COLLECTIONS)  # of one round, in this order
log = logging.getLogger(__name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a round is: the number of the stage, and the last object or document that it has dealt with."""

    stage: int = 0
    after: str = ""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something to remove: `count` of `what`, by their job's id or by the path of the document."""

    what: str
    job_id: str = ""
    path: str = ""
    count: int = 1


Walk = Iterator[tuple[str, Due | None]]  # the name that was reached, and what has to be removed there


def maintain(services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Make one round, or as much of it as there is time for.

    What fails for one job, document or whole stage is logged, and left to the next round. Raises google.api_core errors
    where Firestore does not answer at all.
    """
    began = clock()
    database = services.jobs.database
    place = _kept(database.read(PLACE))
    removed: Counter[str] = Counter()
    whole = True
    for here, due in onwards(services, place):
        if clock() - began > services.settings.maintenance_run_seconds:
            whole = False
            break
        if due is not None:
            with bind(**({"job_id": due.job_id} if due.job_id else {})), _leaving(due.what):
                removed[due.what] += due.count if _remove(services, due) else 0
        place = here
    noted = {**to_document(Place() if whole else place), "updateTime": services.jobs.clock()}
    database.transact((), lambda _: (None, [Write(path=PLACE, fields=noted)]))
    for what, count in (+removed).items():
        metrics.record("maintenance_removed", count, what=what)
    counts = {what: str(count) for what, count in sorted((+removed).items())}
    said = ", ".join(f"{what} {count}" for what, count in counts.items()) or "nothing"
    rest = "" if whole else "; out of time"
    log.info("Maintained in %.1f s, removed: %s%s", clock() - began, said, rest, extra={"labels": counts})


def onwards(services: Services, begin: Place) -> Iterator[tuple[Place, Due | None]]:
    """Everything from `begin` to the end of the round, with what has to be removed there."""
    for number, stage in enumerate(STAGES):
        if number < begin.stage:
            continue
        walk = _objects if stage in BUCKETS else _documents
        with _leaving(stage):
            for reached, due in walk(services, stage, begin.after if number == begin.stage else ""):
                yield Place(stage=number, after=reached), due


def _objects(services: Services, bucket: str, after: str) -> Walk:
    """The objects of a bucket, job by job."""
    while page := services.objects.page(bucket, after=after, limit=PAGE):
        jobs = _found(services, [f"jobs/{kept.job_id}" for kept in page if kept.job_id])
        for job_id, group in groupby(page, key=lambda kept: kept.job_id):
            objects = list(group)
            yield objects[-1].name, _left(services, objects, jobs[f"jobs/{job_id}"]) if job_id else None
        after = page[-1].name


def _left(services: Services, objects: list[Kept], job: Fields | None) -> Due | None:
    """What has to be removed where these objects of one job are."""
    now = services.jobs.clock()
    if job is not None:
        return Due(what="jobs", job_id=objects[0].job_id) if expired(job, now) else None
    young = timedelta(seconds=services.settings.maintenance_orphan_seconds)
    if any(kept.update_time + young > now for kept in objects):
        return None
    return Due(what="objects", job_id=objects[0].job_id, count=len(objects))


def _documents(services: Services, collection: str, after: str) -> Walk:
    """The documents of a collection."""
    if not services.settings.maintenance_expires:
        return
    while page := services.jobs.database.page(collection, limit=PAGE, after=after):
        for path, fields in page:
            yield path, _past(collection, path) if expired(fields, services.jobs.clock()) else None
        after = page[-1][0]


def _past(collection: str, path: str) -> Due:
    job_id = path.removeprefix("jobs/") if collection == "jobs" else ""
    return Due(what=collection, job_id=job_id, path=path)


def _remove(services: Services, due: Due) -> bool:
    """Whether it was removed."""
    if due.job_id:
        return services.upkeep.expire(due.job_id, services.objects)
    return services.upkeep.drop(due.path)


@contextlib.contextmanager
def _leaving(what: str) -> Iterator[None]:
    """Log what fails in the block, and leave it to the next round."""
    try:
        yield
    except Exception as error:
        refusal = as_refusal(error)
        if refusal is None:
            log.exception("Maintenance has met a defect among the %s", what)
        else:
            log.warning("Maintenance leaves some %s to the next round: %s", what, refusal.internal or refusal.reason)


def _found(services: Services, paths: list[str]) -> Found:
    def seen(found: Found) -> tuple[Found, tuple[Write, ...]]:
        return found, ()

    return services.jobs.database.transact(sorted(set(paths)), seen)


def _kept(fields: Fields | None) -> Place:
    place = from_document(fields, Place) if fields is not None else Place()
    return place if place.stage < len(STAGES) else Place()
