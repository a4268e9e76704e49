"""One row being played on a stack: a person with a phone, jobs, faults, and what is expected of each job."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec.structs import replace

from localcloud.faults.rule import Rule
from loupe.client import uploads
from loupe.client.phone import SAVED, TIMEOUT, Phone
from loupe.client.photos import LocalPhoto
from loupe.client.uploads import Upload, Wanted
from shared.model.kinds import Priority
from shared.model.states import Purge
from shared.tasks import SWEEP
from tools.chaos_real.cloud import Cloud
from tools.chaos_real.evidence import Evidence, collect
from tools.chaos_real.invariants import FINAL, Case, Violation, judge, judge_stack
from tools.chaos_real.people import Person, ask_for_job
from tools.chaos_real.photo import album
from tools.chaos_real.row import Row
from tools.chaos_real.witness import JobWatch, Mailbox

AT_ONCE: Final = 8  # requests of the crowd under way
PATIENCE: Final = 300.0  # seconds within which everything has to come to rest, on a machine that is busy, too
QUIET: Final = 0.6  # seconds without a push after which none is taken to be left; those that failed come sooner


@dataclass
class Scene:
    """What a row does, and what became of it."""

    row: Row
    cloud: Cloud
    phone: Phone
    watch: JobWatch
    mailbox: Mailbox
    photos: Sequence[LocalPhoto]
    seed: int
    folder: Path
    cases: dict[str, Case] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    runs: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}/{self.row.number}")  # noqa: S311 - it has to be the same again
        self._lock = threading.Lock()

    # Jobs.

    def wanted(self, number: int = 0, *, text: bool = False, colors: bool = True, **changes: Any) -> Wanted:
        """A job for one of the photos."""
        photo = self.photos[number % len(self.photos)]
        options = {"text": text, "colors": colors}
        return Wanted(kind="inspection", photos=(photo,), **{"options": options, **changes})

    def create(self, wanted: Wanted, **case: Any) -> tuple[str, tuple[Upload, ...]]:
        """Ask for a job; `case` is what may become of it."""
        job_id, places = uploads.create(self.phone, wanted)
        with self._lock:
            self.cases[job_id] = Case(job=job_id, **{"reasons": self.row.failures, "sent": False, **case})
        return job_id, places

    def send(self, job_id: str, places: Sequence[Upload], photos: Sequence[LocalPhoto]) -> None:
        """Put the photos of a job where they belong."""
        self.expect(job_id, sent=True)
        uploads.send(self.phone, job_id, places, photos)

    def start(self, wanted: Wanted, **case: Any) -> str:
        """A job with its photos sent."""
        job_id, places = self.create(wanted, **case)
        self.send(job_id, places, wanted.photos)
        return job_id

    def create_as(self, person: Person, wanted: Wanted) -> tuple[str, dict[str, Any]]:
        """A job of somebody else's, and where its photo goes."""
        photo = wanted.photos[0]
        self.watch.follow(person.uid)
        images = [{"contentType": photo.content_type, "size": photo.size}]
        body = {"kind": wanted.kind, "images": images, "options": dict(wanted.options)}
        made = ask_for_job(self.phone.http, self.cloud, person, body).raise_for_status().json()
        job_id = str(made["job"]["name"]).removeprefix("jobs/")
        with self._lock:
            self.cases[job_id] = Case(job=job_id, owner=person.uid, reasons=self.row.failures)
        return job_id, made["uploads"][0]

    def start_as(self, person: Person, wanted: Wanted) -> str:
        """A job of somebody else's, with its photo sent."""
        job_id, place = self.create_as(person, wanted)
        content = wanted.photos[0].path.read_bytes()
        self.phone.http.put(place["url"], headers=place["headers"], content=content).raise_for_status()
        return job_id

    def crowd(self, count: int, *, fails: str = "", **changes: Any) -> list[str]:
        """So many jobs, several at once, over all three priorities. `fails`: the reason with which they have to."""
        priorities = list(Priority)
        case: dict[str, Any] = {"reasons": (fails,), "ends": ()} if fails else {}

        def one(number: int) -> str:
            return self.start(self.wanted(number, **{"priority": priorities[number % 3], **changes}), **case)

        return self.at_once(one, range(count))

    def at_once(self, act: Callable[[int], Any], numbers: Sequence[int]) -> list[Any]:
        """Do something for each number, several at once; raises what was raised first."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(act, numbers))

    def expect(self, job_id: str, **changes: Any) -> None:
        """Change what is expected of a job."""
        with self._lock:
            self.cases[job_id] = replace(self.cases[job_id], **changes)

    # Faults.

    @contextlib.contextmanager
    def faults(self, *rules: Rule) -> Iterator[None]:
        """These rules are in force inside the block; what they hit is counted."""
        ids = [str(self.cloud.faults.add(rule)["id"]) for rule in rules]
        try:
            yield
        finally:
            for one in self.cloud.faults.rules():
                if one["id"] in ids:
                    self.hits += int(one["hits"])
                    self.cloud.faults.remove(one["id"])

    # What is seen.

    def state(self, job_id: str) -> str:
        """The state of a job as it was last seen."""
        job = self.watch.latest(job_id)
        return str(job["state"]) if job else ""

    def final(self, job_ids: Sequence[str], within: float = PATIENCE) -> bool:
        """Wait until these jobs are final; whether they are."""
        return self.watch.until(lambda: all(self.state(job_id) in FINAL for job_id in job_ids), within)

    def fewer_open_than(self, count: int, job_ids: Sequence[str], within: float = 20.0) -> bool:
        """Wait until less than so many of these jobs are not final; whether that is so."""
        return self.watch.until(lambda: sum(self.state(job_id) not in FINAL for job_id in job_ids) < count, within)

    def check(self, true: bool, invariant: str, what: str, job: str = "") -> None:
        """Note a violation where something is not true."""
        if not true:
            with self._lock:
                self.violations.append(Violation(invariant=invariant, what=what, job=job))

    def rest(self) -> Evidence:
        """Wait until nothing moves any more, though the sweep looks at everything, and say what is there."""
        self.final([case.job for case in self.cases.values() if case.sent and not case.deleted])
        deadline = time.monotonic() + PATIENCE
        while True:
            self.quiet()
            self.cloud.task(SWEEP)
            self.quiet()
            evidence = collect(self.cloud)
            buried = [evidence.job(case.job) for case in self.cases.values() if case.deleted]
            if all(job and job["purge"] == Purge.DONE for job in buried) or time.monotonic() > deadline:
                return evidence

    def quiet(self, within: float = PATIENCE) -> None:
        """Wait until no push has come for a while."""
        deadline, pushes, since = time.monotonic() + within, -1, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < QUIET:
            entered = self.cloud.entered("pubsub.push")
            if entered != pushes:
                pushes, since = entered, time.monotonic()
            time.sleep(0.1)

    def judged(self, evidence: Evidence) -> list[Violation]:
        """Every violation, of the row's own checks and of the invariants."""
        found = list(self.violations)
        for case in self.cases.values():
            history = [seen.job for seen in self.watch.history(case.job)]
            found += judge(case, evidence, history, dict(self.mailbox.of(case.job)))
        owned = sum(job["uid"] == self.phone.uid for job in evidence.directly_in("jobs").values())
        own = [case for case in self.cases.values() if not case.deleted and not case.owner]
        if owned != len(own):
            what = f"{len(own)} jobs were asked for, and there are {owned}"
            found.append(Violation(invariant="I1", what=what))
        return [*found, *judge_stack(evidence)]


@contextlib.contextmanager
def scene(row: Row, cloud: Cloud, mailbox: Mailbox, folder: Path, *, seed: int) -> Iterator[Scene]:
    """A scene with a new user, for the length of a `with` block."""
    photos = album(folder / "photos", 12, seed)
    with someone(cloud) as phone, JobWatch(cloud.firestore, phone.uid) as watch:
        yield Scene(
            row=row,
            cloud=cloud,
            phone=phone,
            watch=watch,
            mailbox=mailbox,
            photos=photos,
            seed=seed,
            folder=folder,
        )


@contextlib.contextmanager
def someone(cloud: Cloud) -> Iterator[Phone]:
    """A new user, signed in, with as many connections as the crowd needs."""
    (Path(cloud.running.data) / SAVED).unlink(missing_ok=True)
    with httpx.Client(trust_env=False, timeout=TIMEOUT) as http:
        phone = Phone(cloud.running, http)
        phone.sign_in()
        yield phone
