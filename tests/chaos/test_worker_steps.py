"""The simulator's worker does what functions/analyze does: the same calls in the same order, whatever happens."""

from __future__ import annotations

import contextlib

import grpc
import pytest
from google.api_core.exceptions import ServiceUnavailable

from shared.errors import Unavailable
from shared.events import parse_push
from tests.chaos.killing import Killed, dies_at, lives
from tests.chaos.stage import BAD, GENERATION, JOB, T0, Stage, error_inside, push_body, status
from tools.chaos import worker
from tools.chaos.fate import Bug, Unanswered
from tools.chaos.profiles import CALM
from tools.chaos.vision import ANSWERS
from tools.chaos.world import Actor, World

STEPS = ["arrive", "read", "judge", "advance", "derive", "derive", "reserve", "begin_call", "call", "end_call"]
END = ["complete", "send_outbox"]
UNTIL_CALL = STEPS[:-1]


def simulated(stage: Stage, index: int = 0, *, fail: str = "", vision: str = "", bad: bool = False) -> list[str]:
    """The steps of the simulator's worker from the same documents; `fail` is a step at which Cloud Storage is away."""
    world = World(1, CALM)
    world.database.documents.update({path: dict(fields) for path, fields in stage.database.documents.items()})
    world.storage.uploads.update(dict.fromkeys(stage.uploads, GENERATION))
    world.budget = stage.budget
    if bad:
        world.bad_photos.add(JOB)
    if vision:
        world.fate.pick = lambda faults: vision if faults is CALM.vision else ""
    actor = Actor(world, "worker")
    actor.skew, world.now = 0.0, (stage.at - T0).total_seconds()
    steps, taken = worker.deliver(actor, parse_push(push_body(index)).message), []
    world.actor = actor
    try:
        for step in steps:
            taken.append(step)
            if step == fail:
                world.storage._fault = lambda: "unavailable"
    except (Unanswered, Bug):
        pass
    return taken


def real(stage: Stage, index: int = 0) -> list[str]:
    """The steps of the function."""
    stage.diary.clear()
    with contextlib.suppress(Unavailable, ServiceUnavailable):
        stage.push(index)
    return list(stage.diary)


def test_a_photo_that_goes_well(stage):
    assert simulated(stage) == real(stage) == [*STEPS, *END]
    assert stage.job["state"] == "COMPLETED"


def test_several_photos(wire, eye):
    del eye
    stage = Stage(client=wire[1], photos=2)
    assert simulated(stage) == real(stage) == ["arrive"]
    both = ["arrive", *["read", "judge"] * 2, "advance", *["derive"] * 4, *STEPS[6:], *END]
    assert simulated(stage, 1) == real(stage, 1) == both


def test_a_delivery_of_a_job_that_is_final(stage):
    real(stage)
    assert simulated(stage) == real(stage) == ["arrive", "send_outbox"]


def test_a_delivery_while_another_worker_has_the_job(stage):
    stage.before = dies_at("judge")
    with pytest.raises(Killed):
        stage.push()
    stage.before = lives
    assert simulated(stage) == real(stage) == ["arrive"]


def test_a_photo_that_can_never_be_analysed(stage):
    stage.verdict = BAD
    assert simulated(stage, bad=True) == real(stage) == ["arrive", "read", "judge", "fail", "send_outbox"]


def test_a_photo_that_is_gone(stage):
    stage.uploads.clear()
    assert simulated(stage) == real(stage) == ["arrive", "read", "fail", "send_outbox"]


@pytest.mark.parametrize("step", ["read", "derive"])
def test_cloud_storage_that_does_not_answer(stage, step):
    expected = simulated(stage, fail=step)

    def away(name: str) -> None:
        if name == step:
            raise ServiceUnavailable("as told")

    stage.before = away
    assert expected == real(stage) == [*STEPS[: STEPS.index(step) + 1], "release"]
    assert (stage.job["state"], stage.job["leaseOwner"], stage.job["releases"]) == ("PROCESSING", None, 1)


@pytest.mark.parametrize(
    ("told", "simulated_as", "steps"),
    [
        (error_inside, "error in the answer", [*STEPS, *END]),
        (status(grpc.StatusCode.INTERNAL), "unavailable", [*UNTIL_CALL, *END]),
        (status(grpc.StatusCode.INVALID_ARGUMENT), "refused", [*UNTIL_CALL, *END]),
    ],
)
def test_a_vision_that_does_not_answer_well(stage, eye, told, simulated_as, steps):
    assert simulated_as in ANSWERS
    eye.script = [told]
    assert simulated(stage, vision=simulated_as) == real(stage) == steps


def test_a_budget_that_is_used_up(stage):
    stage.budget = 0
    assert simulated(stage) == real(stage) == [*STEPS[:7], *END]


def test_an_attempt_after_one_that_was_answered_but_never_ended(stage):
    stage.before = dies_at("complete")
    with pytest.raises(Killed):
        stage.push()
    stage.before = lives
    stage.pass_time(200)
    known = [path for path in stage.database.documents if path.startswith("cache/")]
    assert len(known) == 1
    assert real(stage) == [*STEPS[:6], "answer", *END]


def test_an_attempt_after_one_that_was_never_answered(stage):
    stage.before = dies_at("call")
    with pytest.raises(Killed):
        stage.push()
    stage.before = lives
    stage.pass_time(200)
    assert simulated(stage) == real(stage) == [*STEPS[:6], "answer", *STEPS[6:], *END]


@pytest.mark.parametrize("step", ["advance", "derive", "reserve", "begin_call", "end_call", "complete"])
def test_a_worker_that_finds_its_job_taken_stops_there(stage, step):
    """Whoever was away for longer than his lease asks before he does anything that cannot be fenced."""

    def taken(name: str) -> None:
        if name == step and stage.job["attempt"] == 1:
            stage.pass_time(200)
            stage.job["attempt"] = 2

    stage.before = taken
    last = STEPS.index(step) if step in STEPS else len(STEPS)
    assert real(stage) == [*STEPS, "complete"][: last + 1]
    assert stage.job["state"] == "PROCESSING"


def test_the_profile_in_which_nothing_goes_wrong_has_no_faults():
    assert {CALM.step[0], CALM.transaction[0], CALM.call[0], CALM.vision[0], CALM.bug, CALM.read} == {0.0}
