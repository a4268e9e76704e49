"""What runs beside the workers: the sweep, and the handler of dead letters."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from shared.events import Message, finalized
from shared.jobs.outbox import Topic
from shared.jobs.protocol import Outcome
from shared.jobs.sweep import Facts, Step
from shared.model.job import Job, parse_object_name

if TYPE_CHECKING:
    from tools.chaos.world import Actor


def sweep(actor: Actor) -> Generator[str, None, None]:
    """One round: jobs that stand still, tombstones, rows that were not sent."""
    world, upkeep = actor.world, actor.upkeep
    for job_id, job in list(upkeep.unfinished()):
        delivered = world.bare and job_id in world.created and job_id not in world.never_sent
        if job.delete_time is not None or not delivered:
            yield "look"
            yield from _look(actor, job_id, job)
    for row in list(upkeep.unsent()):
        yield "send_row"
        actor.jobs.send_row(row, {Topic.EVENTS: world.events.publish, Topic.UPLOADS: world.events.deliver})


def _look(actor: Actor, job_id: str, job: Job) -> Generator[str, None, None]:
    storage, upkeep = actor.world.storage, actor.upkeep
    facts = Facts(photos=storage.generations(job_id, job) if upkeep.curious(job) else {})
    action = upkeep.look(job_id, facts, actor.world.events.deliver)
    if action.step is not Step.WAIT:
        actor.world.note(f"decides to {action.step}")
    if action.step is Step.PURGE:
        yield "purge"
        upkeep.purge(job_id, storage)


def dead_letter(actor: Actor, pushed: Message) -> Generator[str, None, bool]:
    """One dead letter: True acknowledges it."""
    arrival = finalized(pushed)
    place = parse_object_name(arrival.name) if arrival else None
    if place is None:
        return True
    yield "dead_letter"
    outcome = actor.upkeep.dead_letter(place[1])
    actor.world.note(f"is told {outcome}")
    if outcome is Outcome.ENDED:
        yield "send_outbox"
        actor.jobs.send_outbox(place[1], {Topic.EVENTS: actor.world.events.publish})
    return outcome is not Outcome.BUSY
