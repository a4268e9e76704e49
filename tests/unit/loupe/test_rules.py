"""Times as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.rules import SECONDS, parse_span
from loupe.trouble import Misuse

numbers = st.integers(-10_000, 10_000)
units = st.sampled_from(sorted(SECONDS))


@given(number=numbers, unit=units)
def test_a_number_with_its_unit_is_so_many_seconds(number, unit):
    span = parse_span(f"{number}{unit}")
    assert span.low == span.high == pytest.approx(number * SECONDS[unit])


@given(first=numbers, second=numbers, unit=units)
def test_two_numbers_are_a_span_from_the_smaller_to_the_larger(first, second, unit):
    low, high = sorted((first, second))
    span = parse_span(f"{low}{unit}..{high}{unit}")
    assert (span.low, span.high) == pytest.approx((low * SECONDS[unit], high * SECONDS[unit]))


@given(text=st.text(max_size=20))
def test_whatever_else_is_typed_is_refused_or_a_span(text):
    try:
        span = parse_span(text)
    except Misuse:
        return
    assert span.low <= span.high


@pytest.mark.parametrize("text", ["", "5", "s", "1 s", "1d", "1e3s", "٣s", "1s...2s", "1s..", "..1s", "1_0s", "inf s"])
def test_what_is_no_time_is_refused_with_an_example(text):
    with pytest.raises(Misuse, match="such as 200ms"):
        parse_span(text)
