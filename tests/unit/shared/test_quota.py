"""The token bucket that bounds how many photos a user may send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.quota import Bucket, Rate, take

T0 = datetime(2026, 1, 1, tzinfo=UTC)
RATE = Rate(burst=10, per_hour=3600)  # one token a second


def test_a_new_user_has_a_full_bucket():
    bucket, wait = take(None, 10, rate=RATE, now=T0)
    assert (bucket.tokens, wait) == (0.0, 0)


def test_an_empty_bucket_says_how_long_to_wait_and_takes_nothing():
    bucket, wait = take(Bucket(tokens=0, update_time=T0), 3, rate=RATE, now=T0)
    assert (bucket.tokens, wait) == (0.0, 3)


def test_waiting_as_long_as_was_said_is_enough():
    empty = Bucket(tokens=0.0, update_time=T0)
    _, wait = take(empty, 4, rate=RATE, now=T0)
    assert take(empty, 4, rate=RATE, now=T0 + timedelta(seconds=wait))[1] == 0


def test_a_clock_that_went_back_gives_no_tokens():
    bucket, wait = take(Bucket(tokens=0.0, update_time=T0), 1, rate=RATE, now=T0 - timedelta(hours=1))
    assert wait > 0
    assert bucket.update_time == T0


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 20)), max_size=50))
def test_no_more_is_taken_than_the_burst_and_the_rate_allow(takings):
    bucket, at, taken = None, T0, 0
    for count, seconds in takings:
        at += timedelta(seconds=seconds)
        bucket, wait = take(bucket, count, rate=RATE, now=at)
        taken += count if wait == 0 else 0
        assert 0 <= bucket.tokens <= RATE.burst
    assert taken <= RATE.burst + (at - T0).total_seconds() + 1e-6
