"""The judge of the real processes finds what is wrong: a sound job passes, and each thing that is broken is named."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pytest

from shared.documents import to_document
from shared.jobs import outbox
from shared.model.job import KEPT, Failure, Job, JobImage
from shared.model.states import ImageState, Purge, Stage, State
from tools.chaos_real.evidence import Evidence
from tools.chaos_real.invariants import Case, judge, judge_stack

T0 = datetime(2026, 1, 1, tzinfo=UTC)
JOB = "abcdefghij0123456789"
EVENT = f"{JOB}:1:completed"
CASE = Case(job=JOB)
LATER = T0 + timedelta(seconds=5)


def the_job(**changes) -> Job:
    image = JobImage(content_type="image/jpeg", size=9, state=ImageState.ACCEPTED, generation=7)
    about = {
        "uid": "u",
        "kind": "inspection",
        "state": State.COMPLETED,
        "stage": Stage.DONE,
        "attempt": 2,
        "images": {"0": image},
        "cost": {"IMAGE_PROPERTIES": 1000, "microUsd": 1000},
        "create_time": T0,
        "update_time": LATER,
        "complete_time": LATER,
        "expire_time": T0 + KEPT,
    }
    return Job(**{**about, **changes})


@pytest.fixture
def scene():
    """Documents, objects and events of a sound job, to be broken."""
    below = {"uid": "u", "attempt": 2}
    entry = {"jobId": JOB, "attempt": 2, "feature": "IMAGE_PROPERTIES", "state": "SETTLED", "spent": 1000}
    row = outbox.ended(JOB, the_job(), LATER).fields
    documents = {
        f"jobs/{JOB}": to_document(the_job()),
        f"jobs/{JOB}/images/0": {**below, "generation": 7},
        f"jobs/{JOB}/reports/inspection": dict(below),
        f"outbox/{EVENT}": {**row, "state": "SENT"},
        "ledger/2026-01-01": {"reserved": 0, "settled": 1000},
        f"ledger/2026-01-01/entries/{JOB}:2:x": entry,
    }
    derived = {f"{JOB}/0/7/normalized.jpg": 1, f"{JOB}/0/7/thumbnail.webp": 1}
    return {"documents": documents, "uploads": {f"normal/{JOB}/0": 7}, "derived": derived, "events": {EVENT: [b"{}"]}}


def found(scene, case: Case = CASE, history=()) -> set[str]:
    """The invariants that are violated."""
    objects = {name: scene[name] for name in ("documents", "uploads", "derived")}
    evidence = Evidence(**objects)
    return {one.invariant for one in (*judge(case, evidence, history, scene["events"]), *judge_stack(evidence))}


def test_a_sound_job_passes(scene):
    first = to_document(the_job(state=State.PROCESSING, attempt=1))
    assert found(scene, history=[first, scene["documents"][f"jobs/{JOB}"]]) == set()


def job(change):
    return lambda scene: change(scene["documents"][f"jobs/{JOB}"])


def document(name, change):
    return lambda scene: change(scene["documents"][name])


BROKEN = {
    "the job is gone": ("I1", lambda scene: scene["documents"].pop(f"jobs/{JOB}")),
    "it never ended": ("I1", job(lambda fields: fields.update(state="PROCESSING"))),
    "it failed for no reason": (
        "I1",
        job(
            lambda fields: fields.update(
                state="FAILED", error=to_document(Failure(status="a", reason="b", message="c"))
            )
        ),
    ),
    "a thumbnail is missing": ("I1", lambda scene: scene["derived"].pop(f"{JOB}/0/7/thumbnail.webp")),
    "details are of two attempts": ("I2", document(f"jobs/{JOB}/images/0", lambda fields: fields.update(attempt=1))),
    "the report is missing": ("I2", lambda scene: scene["documents"].pop(f"jobs/{JOB}/reports/inspection")),
    "it was never announced": ("I4", lambda scene: scene["events"].clear()),
    "there is no row": ("I4", lambda scene: scene["documents"].pop(f"outbox/{EVENT}")),
    "it was announced in other words": ("I4", lambda scene: scene["events"].update({EVENT: [b"{}", b"[]"]})),
    "it was announced as failed, too": ("I4", lambda scene: scene["events"].update({f"{JOB}:1:failed": [b"{}"]})),
    "details are another's": ("I5", document(f"jobs/{JOB}/images/0", lambda fields: fields.update(uid="v"))),
    "a reservation is open": (
        "I6",
        document(f"ledger/2026-01-01/entries/{JOB}:2:x", lambda fields: fields.update(state="RESERVED")),
    ),
    "the day's sum is wrong": ("I6", document("ledger/2026-01-01", lambda fields: fields.update(settled=999))),
    "it cost less than it says": ("I6", job(lambda fields: fields["cost"].update(microUsd=2000))),
    "the photo is another": ("I9", document(f"jobs/{JOB}/images/0", lambda fields: fields.update(generation=8))),
    "the bucket has another": ("I9", lambda scene: scene["uploads"].update({f"normal/{JOB}/0": 8})),
    "a lease is left": ("I10", job(lambda fields: fields.update(leaseOwner="w"))),
    "a row is unsent": ("I10", document(f"outbox/{EVENT}", lambda fields: fields.update(state="UNSENT"))),
    "an object is nobody's": ("I10", lambda scene: scene["derived"].update({"nobody/0/1/x": 1})),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(scene, what):
    invariant, break_it = BROKEN[what]
    break_it(scene)
    assert invariant in found(scene)


BACKWARDS = {
    "a lower state": ("I3", {"state": "PROCESSING"}, {"state": "PENDING"}),
    "a lower run": ("I3", {"run": 2}, {"run": 1}),
    "a lower attempt": ("I2", {"attempt": 3}, {"attempt": 2}),
    "a final job with another result": ("I2", {}, {"summary": {"text": "other"}}),
    "a success that failed": ("I2", {}, {"state": "FAILED"}),
    "another generation": ("I9", {"images": {"0": {"generation": 6}}}, {"images": {"0": {"generation": 7}}}),
}


@pytest.mark.parametrize("what", BACKWARDS)
def test_what_a_listener_must_never_see_is_found(scene, what):
    invariant, before, after = BACKWARDS[what]
    whole = copy.deepcopy(scene["documents"][f"jobs/{JOB}"])
    assert invariant in found(scene, history=[{**whole, **before}, {**whole, **after}])


def test_a_deleted_job_that_left_something_is_found(scene):
    buried = the_job(uid="", images={}, cost={}, delete_time=LATER, purge=Purge.DONE)
    scene["documents"][f"jobs/{JOB}"] = to_document(buried)
    assert found(scene, Case(job=JOB, deleted=True)) == {"I7"}
    for left in (f"jobs/{JOB}/images/0", f"jobs/{JOB}/reports/inspection", f"outbox/{EVENT}"):
        del scene["documents"][left]
    assert found(scene, Case(job=JOB, deleted=True)) == {"I7"}  # its objects
    scene["uploads"].clear()
    scene["derived"].clear()
    assert found(scene, Case(job=JOB, deleted=True)) == set()
    assert found(scene) == {"I1"}  # nobody asked for it
    scene["documents"][f"jobs/{JOB}"]["purge"] = "SETTLING"
    assert found(scene, Case(job=JOB, deleted=True)) == {"I10"}


def test_a_job_that_was_deleted_and_is_there_is_found(scene):
    assert "I7" in found(scene, Case(job=JOB, deleted=True))


def test_a_job_whose_photo_was_never_sent_may_wait():
    waiting = the_job(state=State.PENDING, stage=Stage.AWAITING_UPLOAD, images={}, cost={}, attempt=0)
    nothing = {"documents": {f"jobs/{JOB}": to_document(waiting)}, "uploads": {}, "derived": {}, "events": {}}
    assert found(nothing, Case(job=JOB, sent=False)) == set()
    assert found(nothing) == {"I1"}


def test_a_job_of_somebody_else_than_it_should_be_is_found(scene):
    assert found(scene, Case(job=JOB, owner="v")) == {"I5"}
