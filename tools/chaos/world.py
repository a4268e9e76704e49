"""One run: a virtual clock, the processes that are under way, and the parts of the cloud they share."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from shared.events import Message
from shared.jobs.control import Control
from shared.jobs.protocol import Outcome
from shared.jobs.store import Jobs
from shared.jobs.upkeep import Upkeep
from tools.chaos import keeper, worker
from tools.chaos.database import ModelDatabase
from tools.chaos.fate import Bug, Crash, Fate, Unanswered
from tools.chaos.profiles import Profile
from tools.chaos.pubsub import Events, Subscription
from tools.chaos.storage import Buckets
from tools.chaos.timing import HORIZON, LONGEST_OUTAGE, PATIENCE, QUICK, T0
from tools.chaos.vision import Vision
from tools.chaos.witness import FINAL, Watch

BUCKET: Final = "uploads"

Steps = Generator[str, None, Any]  # a process: it names the step that comes next


class Actor:
    """Somebody who runs the product's code: a worker, a client's request, a sweep. `skew` is what its clock is off."""

    __slots__ = ("control", "fence", "jobs", "name", "owner", "skew", "upkeep", "world")

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.skew = world.fate.between(-world.skew, world.skew)
        self.fence: int | None = None  # of the claim that it believes to hold
        self.owner = f"{name}#{world.count()}"
        self.jobs = world.make_jobs(self)
        self.control = Control(self.jobs)
        self.upkeep = Upkeep(self.jobs, patience=PATIENCE)

    def true_time(self, at: datetime) -> float:
        """When it truly is what this process's clock then says: seconds of the run."""
        return (at - T0).total_seconds() - self.skew

    def clock(self) -> datetime:
        """What time this process takes it to be."""
        return T0 + timedelta(seconds=self.world.now + self.skew)


class Span(NamedTuple):
    """A stretch of time, in seconds of the run."""

    begins: float
    ends: float

    def __contains__(self, at: object) -> bool:
        return isinstance(at, float) and self.begins <= at < self.ends


class Task:
    """A process under way. `done` is told what it returned, or the error it ended with."""

    __slots__ = ("actor", "done", "steps")

    def __init__(self, actor: Actor, steps: Steps, done: Callable[[Any], None]) -> None:
        self.actor = actor
        self.steps = steps
        self.done = done


class World:
    """The run of one seed. Everything in it follows from the seed, the profile and what is spared."""

    nacked = frozenset({Outcome.BUSY, Outcome.FENCED})  # what a worker does not acknowledge

    def __init__(
        self, seed: int, profile: Profile, *, spared: frozenset[int] = frozenset(), history: list[str] | None = None
    ) -> None:
        self.seed = seed
        self.profile = profile
        self.history = history
        self.fate = Fate(seed, spared)
        self.now = 0.0
        self.alive = 0  # processes under way
        self.deliveries = 0
        self.queue: list[tuple[float, int, Callable[..., None], Any]] = []
        self._count = 0
        self._nested = False
        far = self.fate.happens("clocks are far off", profile.far_skews)
        self.skew = profile.far_skew if far else profile.near_skew
        self.bare = self.fate.uniform() < profile.bare
        self.actor: Actor | None = None
        self.watch = Watch(self)
        dark = self.outage("the database is away")
        self.database = ModelDatabase(
            self.fate, profile, self.watch, meanwhile=self.meanwhile, away=lambda: self.now in dark
        )
        self.subscription = Subscription(self)
        self.events = Events(self)
        self.storage = Buckets(self)
        self.vision = Vision(self)
        self.budget = 3_000 if self.fate.happens("budget used up", profile.wishes["budget used up"]) else 1_000_000
        self.created: set[str] = set()  # jobs whose client knows of them
        self.asked: set[tuple[str, str]] = set()  # runs that were asked for: job and token
        self.handed_over: set[str] = set()  # jobs whose new owner knows that they are his
        self.bad_photos: set[str] = set()
        self.never_sent: set[str] = set()  # jobs of which a photo is never sent

    def outage(self, name: str) -> Span:
        """When a service is away in this run: mostly never."""
        if not self.fate.happens(name, self.profile.outage):
            return Span(0.0, 0.0)
        begins = self.fate.between(2.0, 20.0)
        return Span(begins, begins + self.fate.between(60.0, LONGEST_OUTAGE))

    def make_jobs(self, actor: Actor) -> Jobs:
        """The store as one process has it."""
        return Jobs(self.database, clock=actor.clock, uploads_bucket=BUCKET)

    def count(self) -> int:
        """A number that nobody else has."""
        self._count += 1
        return self._count

    def note(self, text: str) -> None:
        """Write into the history, if somebody reads it."""
        if self.history is not None:
            who = self.actor.name if self.actor else "-"
            self.history.append(f"{self.now:10.1f} s  {who:<14} {text}")

    def at(self, delay: float, what: Callable[..., None], about: Any = None) -> None:
        """Have `what(about)` called `delay` seconds from now."""
        self._count += 1
        heapq.heappush(self.queue, (self.now + delay, self._count, what, about))

    def begin(self, actor: Actor, steps: Steps, done: Callable[[Any], None]) -> None:
        """Start a process."""
        self.alive += 1
        self._step(Task(actor, steps, done))

    def start_worker(self, pushed: Message, name: str, answered: Callable[[Any], None]) -> None:
        """A push reaches an instance. `answered` is told True for an answer of 204, and anything else otherwise."""
        self.deliveries += 1
        actor = Actor(self, name)
        self.begin(actor, worker.deliver(actor, pushed), answered)

    def start_dead_letter(self, pushed: Message) -> None:
        """A dead letter reaches its handler; it comes again until it is acknowledged."""
        actor = Actor(self, "dead letters")
        self.begin(actor, keeper.dead_letter(actor, pushed), functools.partial(self._dead_letter_done, pushed))

    def _dead_letter_done(self, pushed: Message, result: Any) -> None:
        if result is not True:
            self.at(60.0, self.start_dead_letter, pushed)

    def run(self) -> None:
        """Let everything happen until nothing is left, something is wrong, or the horizon is reached."""
        while self.queue and not self.watch.violations and self.now < HORIZON:
            self._next()

    def at_rest(self) -> bool:
        """Whether a sweep would find nothing to do."""
        if self.alive or self.subscription.open:
            return False
        for path, fields in self.database.documents.items():
            if path.startswith("outbox/") and fields["state"] != "SENT":
                return False
            if path.startswith("jobs/") and path.count("/") == 1:
                settled = fields["purge"] == "DONE" if fields["deleteTime"] is not None else fields["state"] in FINAL
                if not settled:
                    return False
        return True

    def meanwhile(self) -> None:
        """What others do while somebody is between two calls of his own."""
        if self._nested:
            return
        self._nested = True
        held = self.actor
        until = self.now + 15.0
        for _ in range(4):
            if self.queue and self.queue[0][0] <= until:
                self._next()
        self.actor = held
        self._nested = False

    def _next(self) -> None:
        self.now, _, what, about = heapq.heappop(self.queue)
        what(about)

    def _step(self, task: Task) -> None:
        fault = self.fate.pick(self.profile.step)
        if fault == "stall":
            self.actor = task.actor
            self.note("stalls")
            self.at(self.fate.between(*self.profile.stall), self._resume, task)
        elif fault == "crash":
            self.actor = task.actor
            self.note("is killed")
            self._end(task, Crash())
        else:
            self._resume(task)

    def _resume(self, task: Task) -> None:
        self.actor = task.actor
        try:
            step = next(task.steps)
        except StopIteration as stop:
            self._end(task, stop.value)
        except (Unanswered, Bug) as error:
            self.note(f"gives up: {error}")
            self._end(task, error)
        except Crash as error:
            self.note("is killed after that")
            self._end(task, error)
        except Exception as error:  # noqa: BLE001 - whatever the code breaks with, it is this seed that shows it
            self.watch.violate("DEFECT", f"the code broke with {type(error).__name__}: {error}")
            self._end(task, error)
        else:
            self.note(step)
            self.at(QUICK * self.fate.uniform(), self._step, task)
        self.actor = None

    def _end(self, task: Task, result: Any) -> None:
        self.alive -= 1
        task.done(result)
