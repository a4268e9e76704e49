"""The sweep: one round over everything that has stopped moving, in a bounded time.

What there is to do about a job is decided in `shared.jobs.sweep`; here it is found and done. A run that has no time
left notes in `control/sweep` where it stopped, and the next one begins there: however much there is, everything gets
its turn. Two runs at once do the same work twice, which changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from shared.database import Fields, Write
from shared.documents import from_document, to_document
from shared.http.failures import as_refusal
from shared.jobs.outbox import OutboxRow, Topic
from shared.jobs.sweep import Facts, Step
from shared.jobs.upkeep import LOOKS, Look
from shared.logging import bind
from shared.model.job import Job

if TYPE_CHECKING:
    from .services import Services

PLACE: Final = "control/sweep"
log = logging.getLogger(__name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a round is: the number of the look, and the path of the last document it has dealt with."""

    look: int = 0
    after: str = ""


def sweep(services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Make one round, or as much of it as there is time for.

    What fails for one document is logged, and left to the next round. Raises google.api_core errors where Firestore
    does not answer at all.
    """
    began = clock()
    database = services.jobs.database
    place = begin = _kept(database.read(PLACE))
    done: Counter[str] = Counter()
    whole = True
    for here, path, fields in around(services, begin):
        if clock() - began > services.settings.sweep_run_seconds:
            whole = False
            break
        done[_attended(services, here, path, fields)] += 1
        place = here
    rest = Place() if whole else place
    noted = {**to_document(rest), "updateTime": services.jobs.clock()}  # the doctor sees by it that sweeps come round
    database.transact((), lambda _: (None, [Write(path=PLACE, fields=noted)]))
    seconds = clock() - began
    counts = {name: str(count) for name, count in sorted(done.items())}
    said = ", ".join(f"{name} {count}" for name, count in counts.items()) or "nothing to look at"
    log.info("Swept in %.1f s: %s%s", seconds, said, "" if whole else "; out of time", extra={"labels": counts})


def around(services: Services, begin: Place) -> Iterator[tuple[Place, str, Fields]]:
    """Every document that has to be looked at, once: from `begin` to the end, and from the beginning to `begin`."""
    looks = [(begin.look, begin.after, ""), *((number, "", "") for number in _others(begin.look))]
    looks += [(begin.look, "", begin.after)] if begin.after else []
    for number, after, until in looks:
        for path, fields in services.upkeep.found(LOOKS[number], after):
            if until and path > until:
                break
            yield Place(look=number, after=path), path, fields


def _others(number: int) -> Iterator[int]:
    return ((number + step) % len(LOOKS) for step in range(1, len(LOOKS)))


def _kept(fields: Fields | None) -> Place:
    place = from_document(fields, Place) if fields is not None else Place()
    return place if place.look < len(LOOKS) else Place()


def _attended(services: Services, place: Place, path: str, fields: Fields) -> str:
    """Deal with one document, and say what had to be done."""
    look: Look = LOOKS[place.look]
    kind, _, name = path.partition("/")
    with bind(job_id=name.partition(":")[0]):
        try:
            return _send(services, path, fields) if kind == "outbox" else _look(services, name, fields)
        except Exception as error:
            refusal = as_refusal(error)
            if refusal is None:
                log.exception("The sweep has met a defect at %s (%s is %s)", path, look.field, look.value)
            else:
                log.warning("The sweep leaves %s to the next round: %s", path, refusal.internal or refusal.reason)
            return "troubled"


def _look(services: Services, job_id: str, fields: Fields) -> str:
    job, upkeep = from_document(fields, Job), services.upkeep
    if not upkeep.due(job):
        return Step.WAIT.value
    facts = Facts(photos=services.objects.generations(job_id, job) if upkeep.curious(job) else {})
    action = upkeep.look(job_id, facts, services.publishers[Topic.UPLOADS])
    if action.step is Step.PURGE:
        upkeep.purge(job_id, services.objects)
    if action.step is Step.FAIL:
        services.jobs.send_outbox(job_id, services.publishers)
    if action.step is not Step.WAIT:
        log.info("The sweep decides to %s", action.step)
    return action.step.value


def _send(services: Services, path: str, fields: Fields) -> str:
    """Send an outbox row, unless it is so young that its maker is about to."""
    row = from_document(fields, OutboxRow)
    if row.create_time + timedelta(seconds=services.settings.sweep_silence_seconds) > services.jobs.clock():
        return Step.WAIT.value
    return "send" if services.jobs.send_row(path, services.publishers) else Step.WAIT.value
