"""A push from Pub/Sub: which job it is about, whether this worker may take it, and how it is answered.

An answer of 204 acknowledges: the job is final, waits for other photos, or is nobody's. Anything else makes Pub/Sub
deliver again: the job is another worker's for now, or something Loupe depends on did not answer.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from shared.errors import InvalidArgument, Unavailable
from shared.events import Push, finalized
from shared.jobs.protocol import Arrival, Outcome
from shared.logging import bind, follow
from shared.metrics import record
from shared.model.job import parse_object_name
from shared.tracing import span

from .failpoints import reach
from .models.shadow import Comparison
from .pushes import received
from .work import work

if TYPE_CHECKING:
    from .services import Services

log = logging.getLogger(__name__)


def deliver(body: bytes, services: Services) -> None:
    """Handle one push. Returns to acknowledge; raises a LoupeError or a google.api_core error to be tried again."""
    push = received(body, services.settings.push_subscriptions)
    if push is None:
        return
    try:
        arrival = finalized(push.message)
    except InvalidArgument as malformed:
        log.warning("Dropped a notification that cannot be read and never will be: %s", malformed)
        return
    place = parse_object_name(arrival.name) if arrival else None
    if arrival is None or place is None or arrival.bucket != services.settings.uploads_bucket:
        log.info("Passed over a notification that is not of an upload")
        return
    _, job_id, index = place
    with follow(arrival.trace), bind(job_id=job_id), span("job", job_id=job_id):
        _take(job_id, index, arrival, push, services)


def _take(job_id: str, index: int, arrival: Arrival, push: Push, services: Services) -> None:
    outcome, claim = services.jobs.arrive(job_id, index, arrival, owner=uuid.uuid4().hex)
    reach("after_arrive")
    comparison = Comparison()
    if claim is not None:
        outcome = work(claim, services, comparison)
    record("deliveries", outcome=outcome)
    log.info("Photo %d: %s", index, outcome, extra={"labels": {"outcome": outcome, "delivery": push.delivery_attempt}})
    if outcome in (Outcome.BUSY, Outcome.FENCED):
        raise Unavailable(
            "JOB_BUSY", "Another worker holds this job. Deliver again later.", retry_after=10, jobId=job_id
        )
    if outcome is Outcome.ENDED:
        services.jobs.send_outbox(job_id, services.publishers)
        comparison.keep(services.jobs)
    reach("before_ack")
