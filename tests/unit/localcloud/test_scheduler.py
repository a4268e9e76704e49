"""The timetable of the local scheduler, and what becomes of it when publishing fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import grpc
import pytest

from localcloud.rpc import RpcError
from localcloud.scheduler import Scheduler, Timed, timetable


class Topic:
    """Takes messages; refuses the first where it is told to."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.messages: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.enough = asyncio.Event()
        self._refuses = refuses

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        if self._refuses:
            self._refuses -= 1
            raise RpcError(grpc.StatusCode.UNAVAILABLE, "not now")
        self.messages.append((topic, data, attributes))
        if len(self.messages) >= 2:
            self.enough.set()
        return "1"


def test_the_sweep_comes_every_two_minutes_and_the_rest_every_hour_unless_it_is_said_otherwise():
    hourly = [Timed(task=task, every=3600.0) for task in ("maintenance", "analytics")]
    assert list(timetable({})) == [Timed(task="sweep", every=120.0), *hourly]
    assert list(timetable({"SWEEP_EVERY_SECONDS": ""})) == [Timed(task="sweep", every=120.0), *hourly]
    assert list(timetable({"SWEEP_EVERY_SECONDS": "0.5"})) == [Timed(task="sweep", every=0.5), *hourly]
    assert list(timetable({"SWEEP_EVERY_SECONDS": "0"})) == hourly
    assert (
        list(timetable({"SWEEP_EVERY_SECONDS": "0", "MAINTENANCE_EVERY_SECONDS": "0", "ANALYTICS_EVERY_SECONDS": "0"}))
        == []
    )


@pytest.mark.parametrize("wrong", ["soon", "-1", "nan", "inf", "86401"])
def test_a_period_that_is_none_is_refused_and_named(wrong):
    with pytest.raises(ValueError, match="SWEEP_EVERY_SECONDS"):
        list(timetable({"SWEEP_EVERY_SECONDS": wrong}))


def test_a_task_is_published_again_and_again_though_once_it_was_refused():
    async def run() -> Topic:
        topic = Topic(refuses=1)
        scheduler = Scheduler(topic, "projects/p/topics/tasks", timetable({"SWEEP_EVERY_SECONDS": "0.001"}))
        await scheduler.start()
        await asyncio.wait_for(topic.enough.wait(), 10)
        await scheduler.stop()
        return topic

    topic = asyncio.run(run())
    assert set(map(str, topic.messages)) == {str(("projects/p/topics/tasks", b"", {"task": "sweep"}))}
