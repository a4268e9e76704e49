"""Documents move between projects: what names another place changes, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loupe.backup.names import canonical, moved

OLD, NEW = "projects/a/databases/(default)/documents", "projects/b/databases/(default)/documents"
BUCKETS = {"a-uploads": "b-uploads"}
text = st.text(max_size=8)
scalars = st.one_of(
    st.builds(lambda value: {"stringValue": value}, text),
    st.builds(lambda value: {"integerValue": str(value)}, st.integers(-9, 9)),
    st.builds(lambda value: {"booleanValue": value}, st.booleans()),
    st.just({"nullValue": None}),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda items: {"arrayValue": {"values": items}}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"mapValue": {"fields": items}}, st.dictionaries(text, inner, max_size=3)),
    ),
    max_leaves=8,
)


def move(fields):
    return moved(fields, generations={"17": "42"}, buckets=BUCKETS, root=(OLD, NEW))


def test_generations_buckets_and_references_are_those_of_the_new_place():
    fields = {
        "generation": {"integerValue": "17"},
        "objectGeneration": {"stringValue": "17"},
        "object": {"stringValue": "gs://a-uploads/normal/x/0"},
        "of": {"referenceValue": f"{OLD}/jobs/x"},
        "images": {"mapValue": {"fields": {"0": {"mapValue": {"fields": {"generation": {"integerValue": "17"}}}}}}},
    }
    there = move(fields)
    assert there["generation"] == {"integerValue": "42"}
    assert there["objectGeneration"] == {"stringValue": "42"}
    assert there["object"] == {"stringValue": "gs://b-uploads/normal/x/0"}
    assert there["of"] == {"referenceValue": f"{NEW}/jobs/x"}
    assert there["images"]["mapValue"]["fields"]["0"]["mapValue"]["fields"]["generation"] == {"integerValue": "42"}


def test_numbers_and_texts_that_only_look_alike_stay():
    fields = {"size": {"integerValue": "17"}, "note": {"stringValue": "17"}, "of": {"referenceValue": "projects/c/x"}}
    assert move(fields) == fields


@given(st.dictionaries(text.filter(lambda name: name not in {"generation", "objectGeneration"}), values, max_size=4))
def test_whatever_names_no_place_comes_as_it_was(fields):
    assert move(fields) == fields


@given(st.dictionaries(text, values, max_size=4))
def test_a_moved_document_is_canonically_the_same(fields):
    fields["generation"] = {"integerValue": "17"}
    fields["object"] = {"stringValue": "gs://a-uploads/normal/x/0"}
    here = canonical("jobs/x", fields, {"17": "uploads/normal/x/0"}, {"a-uploads": "<uploads>"}, OLD)
    there = canonical("jobs/x", move(fields), {"42": "uploads/normal/x/0"}, {"b-uploads": "<uploads>"}, NEW)
    assert here == there
