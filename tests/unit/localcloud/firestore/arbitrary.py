"""Values of every kind that a document may hold, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from localcloud.firestore.wire import Value
from tests.unit.localcloud.firestore.making import reference, value

timestamps = st.builds(
    lambda seconds, nanos: Value(timestamp_value={"seconds": seconds, "nanos": nanos}),
    st.integers(-(10**9), 10**10),
    st.integers(0, 999_999_999),
)
geo_points = st.builds(
    lambda latitude, longitude: Value(geo_point_value={"latitude": latitude, "longitude": longitude}),
    st.floats(-90, 90),
    st.floats(-180, 180),
)
references = st.builds(reference, st.sampled_from(["a/b", "a/__id3__", "a/__id20__", "a/b/c/d", "b/a"]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    timestamps,
    geo_points,
    references,
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
).map(value)
