"""`Range` headers against slices of a string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.errors import Refusal
from localcloud.storage.ranges import span

_edge = st.none() | st.integers(0, 30)


@given(first=_edge, last=_edge, size=st.integers(0, 20))
def test_a_range_is_the_slice_it_says(first, last, size):
    data = bytes(range(size))
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is None:
        wanted = data if last is None else data[max(0, size - last) :]
    elif last is not None and last < first:
        wanted = data
    else:
        wanted = data[first : None if last is None else last + 1]
    whole = header == "bytes=-" or (first is not None and last is not None and last < first)
    if not wanted and not whole:
        with pytest.raises(Refusal):
            span(header, size)
        return
    part = span(header, size)
    assert data[part.start : part.start + part.length] == wanted
    assert part.partial != whole
    if part.partial:
        assert part.content_range == f"bytes {part.start}-{part.start + part.length - 1}/{size}"


@pytest.mark.parametrize("header", [None, "", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes 1-2", "bytes=1"])
def test_anything_else_means_all_of_it(header):
    part = span(header, 10)
    assert (part.start, part.length, part.partial) == (0, 10, False)
