"""A model of Cloud Storage: an uploads bucket that notifies, a derived bucket, generations and preconditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.events import notification
from shared.jobs.protocol import Arrival
from shared.model.job import Job, object_name
from shared.model.kinds import Priority
from tools.chaos.fate import Crash, Unanswered

if TYPE_CHECKING:
    from tools.chaos.world import World

SIZE = 9
TYPE = "image/jpeg"


class Buckets:
    """Objects by name: uploads with their generation, derived ones with the name of who wrote them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._generation = 100
        self._away = world.outage("storage is away")
        self.uploads: dict[str, int] = {}
        self.derived: dict[str, str] = {}
        self.overwritten = False
        self.sent: dict[str, float] = {}  # when each upload was made

    def put(self, upload: tuple[str, float]) -> None:
        """A client's PUT of a name to a URL that is good until a certain time, and not where there is an object."""
        name, until = upload
        if name in self.uploads or self._world.now > until:
            self._world.note(f"PUT of {name} is refused: {'412' if name in self.uploads else 'expired'}")
            if name not in self.sent:
                self._world.never_sent.add(name.split("/")[1])
            return
        self._arrive(name)

    def _arrive(self, name: str) -> None:
        self._generation += 1
        self.uploads[name] = self._generation
        self.sent[name] = self._world.now
        self._world.note(f"object {name} is there, generation {self._generation}")
        self._notify(name, self._generation)

    def overwrite(self, name: str) -> None:
        """Somebody with other rights than a signed URL's writes over an upload: a restore, say."""
        if name in self.uploads:
            self.overwritten = True
            self._arrive(name)

    def read(self, name: str, generation: int) -> bool:
        """Whether the object is there at exactly this generation. Raises Unanswered."""
        if self._fault():
            raise Unanswered("read of an object")
        return self.uploads.get(name) == generation

    def write(self, name: str) -> None:
        """Write a derived object unless it is there. Raises Unanswered, and Crash after the effect."""
        fault, actor = self._fault(), self._world.actor
        if fault != "unavailable" and actor is not None:
            self.derived.setdefault(name, actor.name)
        _raise(fault, "write of an object")

    def generations(self, job_id: str, job: Job) -> dict[int, int | None]:
        """See `shared.jobs.upkeep.PhotoStore`."""
        if self._fault():
            raise Unanswered("look at the objects")
        return {int(index): self.uploads.get(object_name(job.priority, job_id, int(index))) for index in job.images}

    def remove(self, job_id: str, priority: Priority) -> None:
        """See `shared.jobs.upkeep.PhotoStore`."""
        fault = self._fault()
        if fault != "unavailable":
            for bucket, prefix in ((self.uploads, f"{priority}/{job_id}/"), (self.derived, f"{job_id}/")):
                for name in [name for name in bucket if name.startswith(prefix)]:
                    self._world.note(f"object {name} is removed")
                    del bucket[name]
        _raise(fault, "removal of objects")

    def _fault(self) -> str:
        if self._world.now in self._away:
            return "unavailable"
        fault = self._world.fate.pick(self._world.profile.call)
        if fault == "others in between":
            self._world.meanwhile()
            return ""
        return fault

    def _notify(self, name: str, generation: int) -> None:
        world = self._world
        fault = world.fate.pick(world.profile.notification)
        if fault == "notification lost" and not world.bare:
            world.note("its notification is lost")
            return
        arrival = Arrival(bucket="uploads", name=name, generation=generation, size=SIZE, content_type=TYPE)
        payload, attributes = notification(arrival, priority=name.partition("/")[0])
        data = msgspec.json.encode(payload)
        late = world.fate.between(30.0, 1200.0) if fault == "notification late" else 0.1
        for _ in range(2 if fault == "notification twice" else 1):
            world.subscription.publish(data, attributes, delay=late)


def _raise(fault: str, what: str) -> None:
    if fault == "applied, crash":
        raise Crash
    if fault:
        raise Unanswered(what)
