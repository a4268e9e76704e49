"""A dead letter: a delivery that Pub/Sub has given up. Its job FAILED, and the message is kept for the operator."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shared.errors import InvalidArgument, Unavailable
from shared.events import Message, finalized
from shared.jobs import dead_letters
from shared.jobs.protocol import Arrival, Outcome
from shared.logging import bind

from .pushes import received

if TYPE_CHECKING:
    from .services import Services

log = logging.getLogger(__name__)


def keep_dead_letter(body: bytes, services: Services) -> None:
    """Handle one dead letter. Returns when the job has failed and the message is kept; raises to have it once more.

    Dead anywhere in between, or handled twice: the job is final already, and the letter is the same document.
    """
    told = services.settings.dead_letter_subscription
    push = received(body, (told,) if told else ())
    if push is None:
        return
    arrival = _arrival(push.message, services.settings.uploads_bucket)
    letter_id, job_id = dead_letters.place_of(push.message, arrival)
    with bind(job_id=job_id):
        if job_id and _given_up(job_id, push.message, services) is Outcome.BUSY:
            raise Unavailable(
                "JOB_BUSY", "Another worker holds this job. Deliver again later.", retry_after=10, jobId=job_id
            )
        jobs = services.jobs
        reason = dead_letters.keep(jobs.database, letter_id, job_id, push.message, now=jobs.clock())
        if job_id:
            jobs.send_outbox(job_id, services.publishers)
        if reason is None:
            log.info("Passed over a dead letter: nothing is left to be done about its job")
        else:
            log.warning("Kept the dead letter %s: %s. Next: loupe dlq show %s", letter_id, reason, letter_id)


def _given_up(job_id: str, message: Message, services: Services) -> Outcome:
    return services.upkeep.dead_letter(job_id, published=dead_letters.published(message))


def _arrival(message: Message, bucket: str) -> Arrival | None:
    try:
        arrival = finalized(message)
    except InvalidArgument:
        return None
    return arrival if arrival is not None and arrival.bucket == bucket else None
