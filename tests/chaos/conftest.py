"""One Vision on the wire for all tests of a module, and a stage of its own for each."""

from __future__ import annotations

import pytest

from tests.chaos.stage import Stage, VisionServer, colours, vision_service


@pytest.fixture(scope="module")
def wire():
    with vision_service() as running:
        yield running


@pytest.fixture
def eye(wire) -> VisionServer:
    """What Vision answers, and what it was asked."""
    service, _ = wire
    service.script, service.calls = [colours], []
    return service


@pytest.fixture
def stage(wire, eye) -> Stage:
    del eye
    return Stage(client=wire[1])
