"""What a client does: make a job, send photos, and now and then something else, at any time."""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from shared.errors import LoupeError
from shared.jobs import creation
from shared.jobs.access import owned_job
from shared.jobs.outbox import Topic
from shared.jobs.protocol import Outcome
from shared.model.job import KEPT, Job, JobImage, object_name
from shared.model.kinds import Priority
from shared.quota import Rate
from tools.chaos.fate import Crash, Unanswered
from tools.chaos.storage import SIZE, TYPE
from tools.chaos.world import Actor

if TYPE_CHECKING:
    from tools.chaos.world import World

RATE = Rate(burst=100, per_hour=1000)
TRIES = 6  # of one request, by the client
URL_LIFETIME = 900.0  # seconds


def live(world: World, job_id: str) -> None:
    """Everything that one client does about one job, put on the world's agenda."""
    fate, wishes = world.fate, world.profile.wishes
    photos = fate.one_of((1, 1, 1, 2, 3))
    if fate.happens("bad photo", world.profile.bad_photo):
        world.bad_photos.add(job_id)
    _ask(world, 0.0, "create", functools.partial(_create, job_id=job_id, photos=photos))
    for what, steps in WISHES.items():
        if fate.happens(what, wishes[what]):
            _ask(world, _moment(world), what, functools.partial(steps, job_id=job_id))
    if fate.happens("retry", wishes["retry"]):
        for number in range(3):  # a client that looks now and then, and retries what it finds FAILED
            steps = functools.partial(_retry, job_id=job_id, token=f"retry {number}")
            _ask(world, fate.between(60.0, 9000.0), "retry", steps)


def _moment(world: World) -> float:
    """Mostly while the job is worked on; sometimes long after."""
    return world.fate.between(3.0, 15.0) if world.fate.uniform() < 0.7 else world.fate.between(3.0, 4000.0)


def _send_photos(world: World, job_id: str, photos: int, until: float) -> None:
    """The PUTs of a client that has been told where to, by URLs that are good `until` then: some twice, some never."""
    fate, wishes = world.fate, world.profile.wishes
    for index in range(photos):
        if not world.bare and fate.happens("photo never sent", wishes["photo never sent"]):
            world.never_sent.add(job_id)
            continue
        name = object_name(Priority.NORMAL, job_id, index)
        when = fate.between(1.0, 5.0) if fate.uniform() < 0.9 else fate.between(1.0, 800.0)
        world.at(when, world.storage.put, (name, until))
        if fate.happens("second put", wishes["second put"]):
            world.at(fate.between(1.0, 900.0), world.storage.put, (name, until))
        if fate.happens("overwritten", wishes["overwritten"]):
            world.at(fate.between(1.0, 900.0), world.storage.overwrite, name)


def _ask(world: World, delay: float, what: str, steps: Any, tries: int = TRIES) -> None:
    """A request of the client, which is sent again where it is not answered."""

    def send(_: object) -> None:
        actor = Actor(world, what)

        def done(result: Any) -> None:
            if isinstance(result, Unanswered | Crash) and tries > 1:
                _ask(world, world.fate.between(1.0, 20.0), what, steps, tries - 1)

        world.begin(actor, steps(actor), done)

    world.at(delay, send)


def _create(actor: Actor, *, job_id: str, photos: int) -> Generator[str, None, None]:
    world, at, signed = actor.world, actor.clock(), actor.world.now
    images = {str(index): JobImage(content_type=TYPE, size=SIZE) for index in range(photos)}
    job = Job(uid="ann", kind="inspection", images=images, create_time=at, update_time=at, expire_time=at + KEPT)
    yield "create"
    creation.create(world.database, job_id, job, rate=RATE, key=f"key of {job_id}", body=b"{}", at=at)
    if job_id not in world.created:
        world.created.add(job_id)
        _send_photos(world, job_id, photos, signed + URL_LIFETIME)


def _cancel(actor: Actor, *, job_id: str) -> Generator[str, None, None]:
    yield "cancel"
    actor.control.cancel(job_id)
    yield from _announce(actor, job_id)


def _retry(actor: Actor, *, job_id: str, token: str) -> Generator[str, None, None]:
    yield from _rerun(actor, job_id, token, actor.control.retry)


def _reprocess(actor: Actor, *, job_id: str) -> Generator[str, None, None]:
    yield from _rerun(actor, job_id, "reprocess", actor.control.reprocess)


def _rerun(actor: Actor, job_id: str, token: str, ask: Any) -> Generator[str, None, None]:
    try:
        job = owned_job(actor.jobs, job_id, uid=_owner(actor.world, job_id), at=actor.clock())
        photos = actor.world.storage.generations(job_id, job)
        yield "rerun"
        actor.world.asked.add((job_id, token))
        ask(job_id, photos, token=token)
    except LoupeError as refusal:
        actor.world.note(f"is refused: {refusal.reason}")
        return
    yield from _announce(actor, job_id)


def _delete(actor: Actor, *, job_id: str) -> Generator[str, None, None]:
    yield "bury"
    if actor.control.bury(job_id) is Outcome.UNKNOWN:
        return
    yield "purge"
    actor.upkeep.purge(job_id, actor.world.storage)


def _link(actor: Actor, *, job_id: str) -> Generator[str, None, None]:
    yield "hand_over"
    if actor.control.hand_over(job_id, giver="ann", taker="bob") is Outcome.HELD:
        actor.world.handed_over.add(job_id)


def _announce(actor: Actor, job_id: str) -> Generator[str, None, None]:
    yield "send_outbox"
    events = actor.world.events
    actor.jobs.send_outbox(job_id, {Topic.EVENTS: events.publish, Topic.UPLOADS: events.deliver})


def _owner(world: World, job_id: str) -> str:
    return str(world.database.documents.get(f"jobs/{job_id}", {}).get("uid", ""))


WISHES = {"cancel": _cancel, "delete": _delete, "reprocess": _reprocess, "link": _link}
