"""A delivery as functions/analyze handles it: the same calls of the same code in the same order, one step at a time.

tests/chaos/test_worker_steps.py holds this to the real function.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from shared.events import Message, finalized
from shared.jobs import charges
from shared.jobs.hold import Hold
from shared.jobs.outbox import Topic
from shared.jobs.protocol import Completion, Lost, Outcome
from shared.jobs.store import Claim
from shared.model.job import Failure, object_name, parse_object_name
from shared.model.states import Stage
from tools.chaos.fate import Bug, Unanswered
from tools.chaos.vision import PRICES

if TYPE_CHECKING:
    from tools.chaos.world import Actor

REJECTED = Failure(status="INVALID_ARGUMENT", reason="UNREADABLE", message="Send it again.", image=0)
GONE = Failure(status="NOT_FOUND", reason="PHOTO_GONE", message="Send it again.", image=0)


class Rejected(Exception):
    """A photo that can never be analysed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def deliver(actor: Actor, pushed: Message) -> Generator[str, None, bool]:
    """functions/analyze/delivery.py: True acknowledges."""
    arrival = finalized(pushed)
    place = parse_object_name(arrival.name) if arrival else None
    if arrival is None or place is None:
        return True
    _, job_id, index = place
    yield "arrive"
    outcome, claim = actor.jobs.arrive(job_id, index, arrival, owner=actor.owner)
    actor.world.note(f"is told {outcome}")
    if claim is not None:
        actor.fence = claim.fence
        outcome = yield from work(actor, claim)
        actor.world.note(f"ends with {outcome}")
    if outcome in (Outcome.BUSY, Outcome.FENCED):
        return outcome not in actor.world.nacked
    if outcome is Outcome.ENDED:
        yield "send_outbox"
        actor.jobs.send_outbox(job_id, {Topic.EVENTS: actor.world.events.publish})
    return True


def work(actor: Actor, claim: Claim) -> Generator[str, None, Outcome]:
    """functions/analyze/work.py."""
    refused: set[str] = set()
    try:
        return (yield from _analyse(actor, claim, refused))
    except Lost as lost:
        return lost.outcome
    except (Unanswered, Bug) as error:
        yield "release"
        actor.jobs.release(claim, passing=isinstance(error, Unanswered), refused=refused)
        raise


def _analyse(actor: Actor, claim: Claim, refused: set[str]) -> Generator[str, None, Outcome]:
    world, job_id, job, hold = actor.world, claim.job_id, claim.job, Hold(actor.jobs, claim)
    try:
        for index in sorted(job.images):
            yield "read"
            hold.check()
            _read(actor, claim, index)
            yield "judge"
            _judge(actor, claim)
        yield "advance"
        held = actor.jobs.advance(claim, Stage.ANALYZING)
        if held is not Outcome.HELD:
            return held
        for index, image in sorted(job.images.items()):
            for name in ("normalized.jpg", "thumbnail.webp"):
                yield "derive"
                hold.check()
                world.storage.write(f"{job_id}/{index}/{image.generation}/{name}")
        seen = yield from _see(actor, claim, refused)
    except Rejected as rejected:
        yield "fail"
        return actor.jobs.fail(claim, rejected.failure, {}, refused=refused)
    yield "complete"
    completion = Completion(summary={"by": claim.fence, "seen": seen})
    return actor.jobs.complete(claim, completion, _details(claim), refused=refused)


def _read(actor: Actor, claim: Claim, index: str) -> None:
    name, generation = object_name(claim.job.priority, claim.job_id, int(index)), claim.job.images[index].generation
    if generation is None or not actor.world.storage.read(name, generation):
        raise Rejected(GONE)


def _judge(actor: Actor, claim: Claim) -> None:
    if actor.world.fate.happens("bug", actor.world.profile.bug):
        raise Bug("nobody foresaw this")
    if claim.job_id in actor.world.bad_photos:
        raise Rejected(REJECTED)


def _see(actor: Actor, claim: Claim, refused: set[str]) -> Generator[str, None, str]:
    """functions/analyze/vision.py and paid.py: a paid call, or the answer that an earlier attempt was given."""
    jobs, world = actor.jobs, actor.world
    generations = "/".join(str(image.generation) for _, image in sorted(claim.job.images.items()))
    call = hashlib.sha256(f"{claim.job_id}/{generations}".encode()).hexdigest()[:32]
    if claim.fence > 1:
        yield "answer"
        known = jobs.answer(claim, call)
        if known is not None:
            world.note("knows the answer")
            return known.decode()
    yield "reserve"
    outcome, features = jobs.reserve(claim, call, PRICES, limit=world.budget)
    _check(outcome)
    if not features:
        return "nothing: the budget is used up"
    names = [charges.name(feature, call) for feature in features]
    yield "begin_call"
    refused.update(names)
    _check(jobs.begin_call(claim, names))
    refused.difference_update(names)
    yield "call"
    answer = world.vision.annotate(claim.job_id, call, features)
    if answer.text is None:
        if answer.refused:
            refused.update(names)
        return "nothing: no answer"
    yield "end_call"
    _check(jobs.end_call(claim, names, call, None if answer.broken else answer.text))
    if not answer.broken:
        world.vision.kept[claim.job_id, call] += 1
    return answer.text.decode()


def _details(claim: Claim) -> dict[str, dict[str, Any]]:
    # The number of findings differs from attempt to attempt, so that leftovers of an earlier run would show.
    images = {f"images/{index}": {"generation": image.generation} for index, image in claim.job.images.items()}
    findings = {f"findings/text-{number:03d}": {"by": claim.fence} for number in range(1 + claim.fence % 3)}
    return {**images, **findings, "reports/inspection": {"by": claim.fence}}


def _check(outcome: Outcome) -> None:
    if outcome is not Outcome.HELD:
        raise Lost(outcome)
