"""I1 to I10 of one row, judged from outside when everything has come to rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.jobs.outbox import RowState
from shared.model.states import RANK, Purge, State
from tools.chaos_real.evidence import OWN, Evidence
from tools.chaos_real.setting import PRICES

FINAL: Final = frozenset(state.value for state in State if state.terminal)
RESULT: Final = ("state", "summary", "error", "provenance", "warnings", "degraded", "completeTime", "images", "cost")
Fields = Mapping[str, Any]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """What does not hold. `job`: of which job, if of one."""

    invariant: str
    what: str
    job: str = ""

    def __str__(self) -> str:
        return f"{self.invariant}: {f'{self.job} ' if self.job else ''}{self.what}"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was asked for, and what may become of it.

    Attributes:
        sent: all of its photos were put where they belong.
        deleted: its owner deleted it.
        ends: the states in which it may end.
        reasons: why it may have FAILED.
        owner: whose it has to be in the end; empty: that is looked at elsewhere.
    """

    job: str
    sent: bool = True
    deleted: bool = False
    ends: tuple[str, ...] = ("COMPLETED",)
    reasons: tuple[str, ...] = ()
    owner: str = ""


def judge(
    case: Case, evidence: Evidence, history: Sequence[Fields], events: Mapping[str, Sequence[bytes]]
) -> Iterator[Violation]:
    """The violations of one job. `history`: the job as a listener saw it; `events`: its copies by their ids."""
    job = evidence.job(case.job)
    if job is None:
        yield Violation(invariant="I1", what="has no document any more", job=case.job)
        return
    yield from _found(case, _backwards(history))
    if job["deleteTime"] is not None:
        yield from _found(case, _buried(case, job, evidence))
        return
    if case.deleted:
        yield Violation(invariant="I7", what="was deleted and is there", job=case.job)
    if case.owner and job["uid"] != case.owner:
        yield Violation(invariant="I5", what=f"is {job['uid']}'s, and should be {case.owner}'s", job=case.job)
    yield from _found(case, _ended(case, job))
    yield from _found(case, _announced(case, job, evidence, events))
    yield from _found(case, _settled(job, evidence.charges(case.job)))
    if job["state"] == "COMPLETED":
        yield from _found(case, _whole(job, evidence.below(f"jobs/{case.job}")))
        yield from _found(case, _pictures(case, job, evidence))


def judge_stack(evidence: Evidence) -> Iterator[Violation]:
    """The violations that are no single job's: the day's sums, and objects that nobody knows."""
    for day, sums in evidence.directly_in("ledger").items():
        entries = evidence.below(f"ledger/{day}").values()
        spent = sum(entry["spent"] for entry in entries)
        if (sums["reserved"], sums["settled"]) != (0, spent):
            what = f"{day} has {sums['reserved']} reserved and {sums['settled']} settled; its entries say {spent}"
            yield Violation(invariant="I6", what=what)
    for name, job_id in _owners(evidence):
        job = evidence.job(job_id)
        if job is None:
            yield Violation(invariant="I10", what=f"object {name} belongs to no job")
        elif job["deleteTime"] is not None:
            yield Violation(invariant="I7", what=f"object {name} of a deleted job is there", job=job_id)


def _found(case: Case, found: Iterable[tuple[str, str]]) -> Iterator[Violation]:
    return (Violation(invariant=invariant, what=what, job=case.job) for invariant, what in found)


def _backwards(history: Sequence[Fields]) -> Iterator[tuple[str, str]]:
    """I2 and I3, of everything that the listener was told."""
    for before, after in itertools.pairwise(history):
        old, new = (before["run"], RANK[before["state"]]), (after["run"], RANK[after["state"]])
        if new < old:
            yield "I3", f"went from {before['state']} of run {old[0]} to {after['state']} of run {new[0]}"
        if after["attempt"] < before["attempt"]:
            yield "I2", f"went from attempt {before['attempt']} to {after['attempt']}"
        same = after["run"] == before["run"] and after["deleteTime"] is None
        if before["state"] in FINAL and same:
            changed = [name for name in RESULT if before[name] != after[name]]
            if changed:
                yield "I2", f"was final and changed: {', '.join(changed)}"
        for index, image in before["images"].items():
            now = after["images"].get(index)
            if now and image["generation"] not in (None, now["generation"]):
                yield "I9", f"photo {index} was generation {image['generation']} and is {now['generation']}"


def _ended(case: Case, job: Fields) -> Iterator[tuple[str, str]]:
    if not case.sent and job["state"] == "PENDING":
        return
    if job["state"] not in FINAL:
        yield "I1", f"is still {job['state']} in stage {job['stage']}, attempt {job['attempt']}"
        return
    if job["state"] == "FAILED":
        if job["error"]["reason"] not in case.reasons:
            yield (
                "I1",
                f"FAILED with {job['error']['reason']}, for which there was no reason: {job['error']['message']}",
            )
    elif job["state"] not in case.ends:
        yield "I1", f"is {job['state']}, and should be {' or '.join(case.ends) or 'FAILED'}"
    if job["leaseOwner"] is not None or job["leaseExpireTime"] is not None or job["charges"]:
        yield "I10", "is final and has a lease or open charges"


def _announced(
    case: Case, job: Fields, evidence: Evidence, events: Mapping[str, Sequence[bytes]]
) -> Iterator[tuple[str, str]]:
    """I4 and I10: the end of the last run was announced, every end only one way, and nothing is left to send."""
    rows = evidence.rows("outbox", case.job)
    unsent = [name for name, row in rows.items() if row["state"] != RowState.SENT]
    if unsent:
        yield "I10", f"has unsent rows: {', '.join(unsent)}"
    if job["state"] in FINAL:
        event = f"{case.job}:{job['run']}:{job['state'].lower()}"
        if event not in rows:
            yield "I4", f"has no row {event} in the outbox"
        if event not in events:
            yield "I4", f"{event} was never announced"
    announced: dict[str, str] = {}
    for event_id, copies in events.items():
        _, run, state = event_id.split(":")
        if event_id not in rows:
            yield "I4", f"{event_id} was announced and never was"
        if len(set(copies)) > 1:
            yield "I4", f"{event_id} was announced in different words"
        if announced.setdefault(run, state) != state:
            yield "I4", f"run {run} was announced as {announced[run]} and as {state}"


def _settled(job: Fields, entries: Sequence[Fields]) -> Iterator[tuple[str, str]]:
    open_ones = [entry for entry in entries if entry["state"] not in ("SETTLED", "REFUNDED")]
    if job["state"] in FINAL and open_ones:
        yield "I6", f"has {len(open_ones)} reservations that were never closed"
    spent = sum(entry["spent"] for entry in entries)
    if job["cost"].get("microUsd", 0) != spent:
        yield "I6", f"cost {job['cost'].get('microUsd', 0)}, and its entries say {spent}"
    for entry in entries:
        if entry["spent"] not in (0, PRICES[entry["feature"]]):
            yield "I6", f"{entry['feature']} was settled at {entry['spent']}"


def _whole(job: Fields, details: Mapping[str, Fields]) -> Iterator[tuple[str, str]]:
    """I2 and I9: all details are of the attempt that won, none is missing, and they are of the job's photos."""
    mixed = sorted({fields["attempt"] for fields in details.values()} - {job["attempt"]})
    if mixed:
        yield "I2", f"has details of attempts {mixed} beside those of {job['attempt']}"
    others = sorted({fields["uid"] for fields in details.values()} - {job["uid"]})
    if others:
        yield "I5", f"is {job['uid']}'s, and has details of {', '.join(others)}"
    if not any(name.startswith("reports/") for name in details):
        yield "I2", "is COMPLETED and has no report"
    for index, image in job["images"].items():
        kept = details.get(f"images/{index}", {}).get("generation")
        if kept != image["generation"]:
            yield "I9", f"photo {index} is generation {image['generation']} in the job and {kept} in its details"


def _pictures(case: Case, job: Fields, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """I9: the object that the job names is there, and its derived pictures."""
    for index, image in job["images"].items():
        stored = evidence.uploads.get(f"{job['priority']}/{case.job}/{index}")
        if stored != image["generation"]:
            yield "I9", f"photo {index} is generation {image['generation']}, and the bucket has {stored}"
        for picture in ("normalized.jpg", "thumbnail.webp"):
            if f"{case.job}/{index}/{image['generation']}/{picture}" not in evidence.derived:
                yield "I1", f"photo {index} has no {picture}"


def _buried(case: Case, job: Fields, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if not case.deleted:
        yield "I1", "was deleted, and nobody asked for it"
    if job["uid"] or job["images"] or job["summary"] or job["options"] or job["charges"] or job["error"]:
        yield "I7", "its tombstone knows too much"
    left = [f"jobs/{case.job}/{name}" for name in evidence.below(f"jobs/{case.job}")]
    left += [f"{where}/{name}" for where in OWN for name in evidence.rows(where, case.job)]
    if left:
        yield "I7", f"was deleted, and these are there: {', '.join(left)}"
    if job["purge"] != Purge.DONE:
        yield "I10", f"is deleted, and its removal is {job['purge']}"


def _owners(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for name in evidence.uploads:
        yield name, name.split("/")[1]
    for name in evidence.derived:
        yield name, name.split("/")[0]
