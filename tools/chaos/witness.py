"""Watches every commit: what no single write may do, whoever makes it and whatever has gone before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.database import Fields
from shared.model.states import RANK, State

if TYPE_CHECKING:
    from tools.chaos.world import World

Changes = Mapping[str, tuple[Fields | None, Fields | None]]

FINAL: Final = frozenset(state.value for state in State if state.terminal)
RESULT: Final = ("state", "summary", "error", "provenance", "warnings", "degraded", "completeTime", "images", "cost")
OWN: Final = ("jobs", "cache", "outbox")  # collections whose documents go with a job
CLOSED: Final = ("SETTLED", "REFUNDED")
NEAR: Final = 10.0  # seconds that clocks may differ


class Watch:
    """The violations seen so far, and what the end is judged by."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[str] = []
        self.ends: dict[tuple[str, int], str] = {}  # (job, run) → the state it ended in
        self.winners: dict[str, int] = {}  # job → the attempt of its last result
        self.deleted: set[str] = set()
        self.takeovers = 0
        self.overlaps = 0  # claims while somebody else's lease was alive
        self.reasons: Counter[str] = Counter()
        self._leases: dict[str, float] = {}  # job → when its lease truly ends

    def committed(self, changes: Changes) -> None:
        """See `tools.chaos.database.Witness`."""
        for path, (before, after) in changes.items():
            parts = path.split("/")
            collection, own = parts[0], parts[1].partition(":")[0]
            if collection == "jobs" and len(parts) == 2:
                self._job(own, before, after)
            elif collection in OWN:
                self._below(path, own, before, after)
            elif collection == "ledger" and len(parts) == 4:
                self._entry(path, before, after)
            elif collection == "ledger":
                self._day(path, before, after)
        if self._world.history is not None:
            self._tell(changes)

    def violate(self, invariant: str, what: str) -> None:
        """Note a violation."""
        self._world.note(f"VIOLATES {invariant}: {what}")
        self.violations.append(f"{invariant}: {what}")

    def _job(self, job_id: str, before: Fields | None, after: Fields | None) -> None:
        if after is None:
            self.violate("I7", "a job's own document was removed instead of buried")
            return
        if before is None:
            return
        for invariant, what in _job_violations(before, after):
            self.violate(invariant, what)
        self._fence(before, after)
        self._lease(job_id, before, after)
        if after["state"] in FINAL and before["state"] not in FINAL and after["deleteTime"] is None:
            self._ended(job_id, after)
        if after["deleteTime"] is not None:
            self.deleted.add(job_id)

    def _ended(self, job_id: str, after: Fields) -> None:
        self.ends[job_id, after["run"]] = after["state"]
        if after["state"] == "COMPLETED":
            self.winners[job_id] = after["attempt"]
        self.reasons[after["error"]["reason"] if after["error"] else after["state"]] += 1

    def _fence(self, before: Fields, after: Fields) -> None:
        """I2: a worker writes only while it holds the job; only a worker that holds the job completes it."""
        actor = self._world.actor
        fence = actor.fence if actor else None
        if fence is not None and (before["attempt"] != fence or before["state"] != "PROCESSING"):
            self.violate("I2", f"the worker of attempt {fence} wrote a job of attempt {before['attempt']}")
        if after["state"] == "COMPLETED" and before["state"] != "COMPLETED" and fence is None:
            self.violate("I2", "a job was completed by somebody who does not hold it")

    def _lease(self, job_id: str, before: Fields, after: Fields) -> None:
        now = self._world.now
        if after["attempt"] > before["attempt"] and before["leaseOwner"] is not None:
            self.takeovers += 1
            if now < self._leases.get(job_id, 0.0):
                self.overlaps += 1
                if 2 * self._world.skew <= NEAR:
                    self.violate("I2", "a live lease was taken, though clocks were right")
        expires = after["leaseExpireTime"]
        if expires != before["leaseExpireTime"]:
            actor = self._world.actor
            self._leases[job_id] = actor.true_time(expires) if actor and expires else now

    def _below(self, path: str, job_id: str, before: Fields | None, after: Fields | None) -> None:
        if after is None:
            return
        job = self._world.database.documents.get(f"jobs/{job_id}")
        if job is None or (job["deleteTime"] is not None and before is None):
            self.violate("I7", f"{path} was written for a job that is deleted")
        elif path.startswith("outbox/") and before is not None and before["payload"] != after["payload"]:
            self.violate("I4", f"{path} says something else than before")
        elif path.startswith("jobs/") and after["uid"] != job["uid"]:
            self.violate("I5", f"{path} was written for {after['uid']}, and the job is {job['uid']}'s")

    def _entry(self, path: str, before: Fields | None, after: Fields | None) -> None:
        state = before["state"] if before else None
        if after is None or state in CLOSED or (state is None and after["state"] != "RESERVED"):
            self.violate("I6", f"{path} goes from {state} to {after and after['state']}")

    def _day(self, path: str, before: Fields | None, after: Fields | None) -> None:
        if after is None or after["reserved"] < 0:
            self.violate("I6", f"{path} has less than nothing reserved")
        elif before and after["reserved"] > before["reserved"] and _used(after) > self._world.budget:
            self.violate("I6", f"{path}: more was reserved than the budget has")

    def _tell(self, changes: Changes) -> None:
        for path, (before, after) in changes.items():
            old, new = before or {}, after or {}
            changed = {name: new.get(name) for name in ("state", "stage", "run", "attempt", "uid", "purge")}
            told = [f"{name}={value}" for name, value in changed.items() if old.get(name) != value]
            self._world.note(f"  {path} {'removed' if after is None else ' '.join(told) or 'written'}")


def _job_violations(before: Fields, after: Fields) -> Iterator[tuple[str, str]]:
    """What is wrong with this change of a job, whoever made it."""
    old, new = (before["run"], RANK[before["state"]]), (after["run"], RANK[after["state"]])
    buried = after["deleteTime"] is not None
    if new < old:
        yield "I3", f"{before['state']} of run {old[0]} became {after['state']} of run {new[0]}"
    if not before["attempt"] <= after["attempt"] <= before["attempt"] + 1:
        yield "I2", f"attempt {before['attempt']} became {after['attempt']}"
    if before["state"] in FINAL and after["run"] == before["run"] and not buried:
        changed = [name for name in RESULT if before[name] != after[name]]
        if changed:
            yield "I2", f"a final job was changed: {', '.join(changed)}"
    if before["deleteTime"] is not None and (not buried or after["state"] != before["state"] or after["summary"]):
        yield "I7", "a deleted job came back"
    if after["uid"] != before["uid"] and not (buried or (before["uid"], after["uid"]) == ("ann", "bob")):
        yield "I5", f"the job of {before['uid']} became {after['uid']}'s"
    if not buried:
        yield from _generation_violations(before["images"], after["images"])


def _generation_violations(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for index, image in before.items():
        known = image["generation"]
        if known is not None and after[index]["generation"] != known:
            yield "I9", f"photo {index} was generation {known} and is {after[index]['generation']}"


def _used(day: Fields) -> int:
    return int(day["reserved"]) + int(day["settled"])
