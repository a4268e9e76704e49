"""Fixtures for everybody: one stack and one set of sample photos for the whole run."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.stack import Stack
    from tools.samples import Sample

# A shell that runs the suite in the background has it ignore Ctrl-C, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[Stack]:
    """The local cloud and the three functions, running; every test is a guest here, with users and jobs of its own."""
    from tests.stack import ENOUGH, QUICK_LEASE, UNSWEPT, started

    data = tmp_path_factory.mktemp("stack") / "data"
    with started(data, upload=ENOUGH, analyze=QUICK_LEASE, localcloud=UNSWEPT) as running:
        yield running


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> Mapping[str, Sample]:
    """The sample photos by file name."""
    from tools.samples import render

    return {sample.path.name: sample for sample in render(tmp_path_factory.mktemp("samples"))}
