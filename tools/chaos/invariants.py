"""What has to be true when everything has come to rest (knowledge of faults: reliability, I1 to I10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shared.database import Fields
from shared.jobs.outbox import RowState
from tools.chaos.timing import PATIENCE, T0
from tools.chaos.vision import PRICES
from tools.chaos.witness import CLOSED, FINAL

if TYPE_CHECKING:
    from tools.chaos.world import World

Found = Iterator[tuple[str, str]]
WORKERS_FAULT: Final = frozenset({"ATTEMPTS_EXHAUSTED", "STALLED", "DELIVERY_EXHAUSTED", "RUN_CEILING"})


def judge(world: World) -> None:
    """Note every violation of a run that has come to its end."""
    documents = world.database.documents
    for path, job in list(documents.items()):
        if path.startswith("jobs/") and path.count("/") == 1:
            job_id = path.removeprefix("jobs/")
            checks = _deleted if job["deleteTime"] is not None else _alive
            for invariant, what in checks(world, job_id, job):
                world.watch.violate(invariant, f"{job_id}: {what}")
    for check in (_events, _ledger, _bill, _rest):
        for invariant, what in check(world):
            world.watch.violate(invariant, what)


def _alive(world: World, job_id: str, job: Fields) -> Found:
    if job["state"] not in FINAL:
        yield "I1", f"is still {job['state']} in stage {job['stage']}"
        return
    yield from _justified(world, job_id, job)
    if job["leaseOwner"] is not None or job["leaseExpireTime"] is not None or job["charges"]:
        yield "I10", "is final and has a lease or open charges"
    if job["state"] == "COMPLETED":
        yield from _result(world, job_id, job)
    if job_id in world.handed_over:
        yield from _handed_over(world, job_id)
    runs = 1 + sum(asked == job_id for asked, _ in world.asked)
    if job["run"] > runs:
        yield "I2", f"has had {job['run']} runs, and {runs} were asked for"


def _justified(world: World, job_id: str, job: Fields) -> Found:
    """I1: a job fails for a reason that there was."""
    reason = job["error"]["reason"] if job["error"] else ""
    if reason in WORKERS_FAULT and not world.fate.fired:
        yield "I1", f"FAILED with {reason} though nothing went wrong"
    if reason == "UPLOAD_EXPIRED":
        # By the most impatient clock, and with a minute for a sweep that had looked before the photo came.
        deadline = (job["createTime"] + PATIENCE.uploads - T0).total_seconds() - 2 * world.skew - 60.0
        names = [f"{job['priority']}/{job_id}/{index}" for index in job["images"]]
        if all(world.storage.sent.get(name, deadline) < deadline for name in names):
            yield "I1", "expired though every photo was sent in time"
    if reason == "DELIVERY_EXHAUSTED" and not world.subscription.dead:
        yield "I1", "was given up though no delivery was"
    if reason == "STALLED" and job_id not in world.events.delivered:
        yield "I1", "was given up without having been delivered again"
    if reason == "PHOTO_GONE" and not world.storage.overwritten:
        yield "I9", "its photo was gone, though nobody removed it"


def _handed_over(world: World, job_id: str) -> Found:
    """I5: nothing of a job is left with its old owner."""
    for path, fields in world.database.documents.items():
        if path.startswith(f"jobs/{job_id}/") and fields["uid"] != "bob":
            yield "I5", f"{path} is still {fields['uid']}'s"


def _result(world: World, job_id: str, job: Fields) -> Found:
    """I2 and I9: one attempt's result, the whole of it, of the photos that the job names."""
    prefix, winner = f"jobs/{job_id}/", world.watch.winners.get(job_id)
    details = {path.removeprefix(prefix): f for path, f in world.database.documents.items() if path.startswith(prefix)}
    if winner is None or job["summary"]["by"] != winner:
        yield "I2", f"has the summary of attempt {job['summary'].get('by')}, and attempt {winner} won"
    mixed = sorted({fields["attempt"] for fields in details.values()} - {winner})
    if mixed:
        yield "I2", f"has details of attempts {mixed} beside those of {winner}"
    if winner is not None and sum(name.startswith("findings/") for name in details) != 1 + winner % 3:
        yield "I2", "has lost details"
    for index, image in job["images"].items():
        kept = details.get(f"images/{index}", {}).get("generation")
        if kept != image["generation"]:
            yield "I9", f"photo {index} is generation {image['generation']} in the job and {kept} in its details"


def _deleted(world: World, job_id: str, job: Fields) -> Found:
    """I7: nothing is left but a tombstone that names nobody."""
    if job["purge"] != "DONE":
        yield "I10", f"is deleted, and its removal is {job['purge']}"
    if job["uid"] or job["images"] or job["summary"] or job["options"] or job["charges"]:
        yield "I7", "its tombstone knows too much"
    for path in world.database.documents:
        own = path.startswith((f"jobs/{job_id}/", f"cache/{job_id}:", f"outbox/{job_id}:"))
        if own or (path.startswith("requests/") and world.database.documents[path]["jobId"] == job_id):
            yield "I7", f"{path} is still there"
    for name in (*world.storage.uploads, *world.storage.derived):
        if f"{job_id}/" in name:
            yield "I7", f"object {name} is still there"


def _events(world: World) -> Found:
    """I4: every end is announced at least once, always in the same words, and nothing else is."""
    taken, deleted = world.events.taken, world.watch.deleted
    ends = {f"{job_id}:{run}:{state.lower()}" for (job_id, run), state in world.watch.ends.items()}
    for event_id in sorted(ends - taken.keys()):
        if event_id.partition(":")[0] not in deleted:
            yield "I4", f"{event_id} was never announced"
    for event_id, copies in taken.items():
        if event_id not in ends:
            yield "I4", f"{event_id} was announced and never was"
        if len(set(copies)) > 1:
            yield "I4", f"{event_id} was announced in different words"


def _ledger(world: World) -> Found:
    """I6: what was reserved was settled or refunded, and the sums are right."""
    entries = _entries(world)
    still = [path for path, entry in entries.items() if entry["state"] not in CLOSED]
    if still:
        yield "I6", f"{len(still)} reservations were never closed: {still[0]}"
    for path, day in world.database.documents.items():
        if path.startswith("ledger/") and path.count("/") == 1:
            spent = sum(entry["spent"] for name, entry in entries.items() if name.startswith(f"{path}/"))
            if (day["reserved"], day["settled"]) != (0, spent):
                yield "I6", f"{path} says {day['reserved']} reserved, {day['settled']} settled; entries say {spent}"


def _bill(world: World) -> Found:
    """I6: the ledger says at least what was billed, at most what may have been, and no answer is paid for twice."""
    settled, certain, billed = (Counter[tuple[str, str]]() for _ in range(3))
    for entry in _entries(world).values():
        key = entry["jobId"], entry["feature"]
        settled[key] += entry["state"] == "SETTLED"
        certain[key] += entry["state"] == "SETTLED" and not entry.get("assumed")
        if entry["spent"] not in (0, PRICES[entry["feature"]]):
            yield "I6", f"{entry['feature']} was settled at {entry['spent']}"
    for (job_id, _, feature), count in world.vision.billed.items():
        billed[job_id, feature] += count
    fired = {name for _, name in world.fate.fired}
    for key in settled | billed:
        if billed[key] > settled[key]:
            yield "I6", f"{key}: billed {billed[key]} times, settled {settled[key]} times"
        if billed[key] < certain[key] and fired.isdisjoint(UNKNOWN):
            yield "I6", f"{key}: billed {billed[key]} times, settled {certain[key]} times as if that were certain"
        if certain[key] < settled[key] and fired.isdisjoint(UNHEARD):
            yield "I6", f"{key}: settled by a guess, though every worker could say what it did"
    for call, count in world.vision.kept.items():
        if count > 1:
            yield "I6", f"{call}: paid {count} times for one answer"


# After these not even the worker knows whether Vision has billed a call.
UNKNOWN: Final = frozenset({"timeout, not billed", "unavailable"})
# After these somebody else closes the charges of a worker, who cannot say any more what became of its calls.
UNHEARD: Final = frozenset(
    {"crash", "stall", "applied, crash", "answered, crash", "accepted, crash", "lost, given up", "applied, given up"}
) | {"cancel", "delete", "clocks are far off", "the database is away"}


def _rest(world: World) -> Found:
    """I10: nothing is under way, unsent or orphaned."""
    unsent = [p for p, f in world.database.documents.items() if p.startswith("outbox/") and f["state"] != RowState.SENT]
    if unsent:
        yield "I10", f"{unsent[0]} was never sent"
    if world.alive or world.subscription.open:
        yield "I10", f"{world.alive} processes and {world.subscription.open} messages are under way"
    jobs = {path.removeprefix("jobs/") for path in world.database.documents if path.count("/") == 1}
    for name in world.storage.derived:
        if name.partition("/")[0] not in jobs:
            yield "I10", f"object {name} belongs to no job"


def _entries(world: World) -> dict[str, Fields]:
    return {p: f for p, f in world.database.documents.items() if p.startswith("ledger/") and p.count("/") == 3}
