"""Work that nobody waits for, asked for by a message on the topic `tasks`: its attribute `task` names a row here.

Tasks come at their time (sweep, maintenance, analytics), or are sent by whoever wants something done soon (a purge).
Each may come twice, late, or while the same is under way elsewhere, and changes nothing then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from shared import metrics
from shared.logging import bind
from shared.model.job import JOB_ID
from shared.tasks import ANALYTICS, MAINTENANCE, PURGE, SWEEP

from .counting import count
from .maintenance import maintain
from .pushes import received
from .sweeping import sweep

if TYPE_CHECKING:
    from .services import Services

Task = Callable[["Services", Mapping[str, str]], None]
log = logging.getLogger(__name__)


def run(body: bytes, services: Services) -> None:
    """Do what a message asks for. Returns to acknowledge; raises what keeps it from being done, to be asked again."""
    told = services.settings.tasks_subscription
    push = received(body, (told,) if told else ())
    if push is None:
        return
    attributes = push.message.attributes
    name = attributes.get("task", "")
    task = TASKS.get(name)
    if task is None:
        log.warning("Dropped a task that is not known here: %.80r", name)
        return
    with bind(task=name):
        task(services, attributes)
        metrics.record("tasks_done", task=name)


def purge(services: Services, attributes: Mapping[str, str]) -> None:
    """Remove what is left of the buried job `jobId`."""
    job_id = attributes.get("jobId", "")
    if not JOB_ID.fullmatch(job_id):
        log.warning("Dropped a purge of what is not the id of a job: %.80r", job_id)
        return
    with bind(job_id=job_id):
        log.info("Purged: %s", services.upkeep.purge(job_id, services.objects))


TASKS: Final[Mapping[str, Task]] = {
    SWEEP: lambda services, _: sweep(services),
    MAINTENANCE: lambda services, _: maintain(services),
    ANALYTICS: lambda services, _: count(services),
    PURGE: purge,
}
