"""Analytics: `analytics/{day}` says how the jobs of a UTC day ended, by kind, state and reason, and what they cost.

Jobs are read page by page, by their one index of kind and time (docs/adr/0071-days-counted-by-reading.md). A run takes
the time of a maintenance run at most, and keeps what it has counted together with where it stopped, in one write on
condition that nobody else has gone on: nothing is counted twice. Days that are counted are left alone. Jobs count as
they stand when they are counted, deleted ones under the reason `deleted`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from shared.database import Fields, Found, Span, Write
from shared.documents import from_document, to_document
from shared.ledger import day_of, day_path
from shared.model.analytics import Day, path_of
from shared.model.kinds import KINDS

if TYPE_CHECKING:
    from .services import Services

PAGE: Final = 300  # documents that are read at once
DAYS: Final = 7  # that are counted afterwards, where nothing ran on the day after
STAGES: Final = (*KINDS, "")  # of one day: the jobs of each kind, then the ledger
log = logging.getLogger(__name__)


def count(services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Count the days that are over and not counted, the latest first, or as much as there is time for.

    Raises google.api_core errors where Firestore does not answer.
    """
    until = clock() + services.settings.maintenance_run_seconds
    for day in _days(services.jobs.clock()):
        fields = services.jobs.database.read(path_of(day_of(day)))
        begin = from_document(fields, Day) if fields is not None else Day()
        if begin.complete:
            continue
        tally = _tally(services, day, begin, more=lambda: clock() <= until)
        if not _save(services, day, tally, since=(fields or {}).get("updateTime")):
            log.info("Somebody else is counting %s", day_of(day))
            return
        log.info("Counted %s%s", day_of(day), "" if tally.complete else " in part; out of time")
        if not tally.complete:
            return


def _days(now: datetime) -> Iterator[datetime]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - timedelta(days=number) for number in range(1, DAYS + 1))


def _tally(services: Services, day: datetime, tally: Day, *, more: Callable[[], bool]) -> Day:
    """The tally after at least one further page, and complete unless there is no `more` time."""
    while not tally.complete:
        kind = STAGES[tally.stage]
        page = _jobs(services, day, kind, tally) if kind else _entries(services, day, tally)
        for _, fields in page:
            tally = _with_job(tally, kind, fields) if kind else _with_entry(tally, fields)
        if len(page) < PAGE:
            following = tally.stage + 1
            tally = replace(tally, stage=following, after="", after_time=None, complete=following == len(STAGES))
        else:
            path, last = page[-1]
            tally = replace(tally, after=path, after_time=last["createTime"] if kind else None)
        if not more():
            break
    return tally


def _jobs(services: Services, day: datetime, kind: str, tally: Day) -> Sequence[tuple[str, Fields]]:
    span = Span(
        collection="jobs", field="kind", value=kind, time="createTime", since=day, until=day + timedelta(days=1)
    )
    after = (tally.after_time, tally.after) if tally.after_time else None
    return services.jobs.database.within(span, limit=PAGE, after=after)


def _entries(services: Services, day: datetime, tally: Day) -> Sequence[tuple[str, Fields]]:
    return services.jobs.database.page(f"{day_path(day)}/entries", limit=PAGE, after=tally.after)


def _with_job(tally: Day, kind: str, job: Fields) -> Day:
    state = str(job.get("state"))
    reason = "deleted" if job.get("deleteTime") else str((job.get("error") or {}).get("reason", "none"))
    of_kind = tally.jobs.get(kind, {})
    of_state = of_kind.get(state, {})
    counted = {**of_state, reason: of_state.get(reason, 0) + 1}
    return replace(tally, jobs={**tally.jobs, kind: {**of_kind, state: counted}})


def _with_entry(tally: Day, entry: Fields) -> Day:
    feature, spent = str(entry.get("feature")), int(entry.get("spent") or 0)
    cost = tally.cost_micro_usd
    return replace(tally, cost_micro_usd={**cost, feature: cost.get(feature, 0) + spent})


def _save(services: Services, day: datetime, tally: Day, *, since: Any) -> bool:
    """Keep the tally unless somebody has gone on with the day; whether it was kept, or is there as it is."""
    path = path_of(day_of(day))
    at = services.jobs.clock()
    fields = {**to_document(tally), "updateTime": at}

    def decide(found: Found) -> tuple[bool, Sequence[Write]]:
        kept = found[path]
        if kept is not None and from_document(kept, Day) == tally:
            return True, ()
        fresh = (kept or {}).get("updateTime") == since
        return fresh, [Write(path=path, fields=fields)] if fresh else ()

    return services.jobs.database.transact([path], decide)
