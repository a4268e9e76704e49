"""Time never goes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.firestore import clock
from localcloud.firestore.wire import Timestamp
from localcloud.rpc import RpcError


@settings(deadline=None)
@given(st.integers(-(10**15), 10**17))
def test_a_time_survives_its_protobuf_form(time):
    assert clock.microseconds(clock.timestamp(time)) == time


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=30))
def test_commit_times_grow_strictly_whatever_the_wall_clock_does(steps):
    wall = 0.0
    ours = clock.Clock(last=50_000_000, source=lambda: wall)
    last = 50_000_000
    for is_commit, wall in steps:  # noqa: B007 - read by the clock
        now = ours.tick() if is_commit else ours.now()
        assert now > last if is_commit else now >= last
        last = now


def test_a_time_finer_than_a_microsecond_is_refused():
    assert clock.exact_microseconds(Timestamp(seconds=1, nanos=2000)) == 1_000_002
    with pytest.raises(RpcError, match="microseconds"):
        clock.exact_microseconds(Timestamp(seconds=1, nanos=2001))
