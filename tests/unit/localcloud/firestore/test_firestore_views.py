"""A listener that is told only what changed always shows what the query would find."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.firestore import views
from localcloud.firestore.plan import compile_query
from localcloud.firestore.wire import StructuredQuery
from tests.unit.localcloud.firestore.making import ROOT, document, value

DESCENDING = 2
GREATER_OR_EQUAL = 4

documents = st.builds(
    lambda path, fields: (path, fields),
    st.sampled_from([f"a/{number}" for number in range(6)]),
    st.none() | st.dictionaries(st.sampled_from("xy"), st.integers(0, 4), max_size=2),
)
batches = st.lists(st.lists(documents, max_size=6), max_size=8)


@st.composite
def queries(draw):
    query = StructuredQuery(offset=draw(st.integers(0, 3)))
    query.from_.add().collection_id = "a"
    if draw(st.booleans()):
        query.limit.value = draw(st.integers(0, 4))
    if draw(st.booleans()):
        query.where.field_filter.op = GREATER_OR_EQUAL
        query.where.field_filter.field.field_path = "x"
        query.where.field_filter.value.CopyFrom(value(draw(st.integers(0, 4))))
    for field in draw(st.permutations("xy"))[: draw(st.integers(0, 2))]:
        query.order_by.add(direction=draw(st.integers(1, DESCENDING))).field.field_path = field
    if query.order_by and draw(st.booleans()):
        query.start_at.before = draw(st.booleans())
        query.start_at.values.append(value(draw(st.integers(0, 4))))
    return query


def apply(shown, delta):
    """What a client does with an answer; it must make sense to it."""
    for name in [*delta.deleted, *delta.removed]:
        del shown[name]
    for found in delta.shown:
        assert shown.get(found.name) is not found
        shown[found.name] = found


@settings(max_examples=300, deadline=None)
@given(queries(), batches)
def test_what_a_listener_shows_is_what_the_query_finds(query, batches):
    plan = compile_query(ROOT, query)
    view = views.of_query(plan)
    present, shown = {}, {}
    for batch in batches:
        changed = {}
        for path, fields in batch:
            changed[f"{ROOT}/{path}"] = None if fields is None else document(path, fields)
        present = {name: found for name, found in {**present, **changed}.items() if found is not None}
        view.take_in(changed)
        delta = view.delta()
        assert all(name not in present for name in delta.deleted)
        assert all(name in present for name in delta.removed)
        apply(shown, delta)
        assert shown == {found.name: found for found in plan.results(present.values())}
        assert all(view.knows(name) for name in shown)


@settings(max_examples=200, deadline=None)
@given(queries(), batches, st.sets(st.integers(0, 20)))
def test_changes_that_are_taken_in_without_looking_lead_to_the_same(query, batches, looks):
    plan = compile_query(ROOT, query)
    view, present, shown = views.of_query(plan), {}, {}
    for step, (path, fields) in enumerate(change for batch in batches for change in batch):
        name = f"{ROOT}/{path}"
        present[name] = None if fields is None else document(path, fields)
        view.take_in({name: present[name]})
        if step in looks:
            apply(shown, view.delta())
    delta = view.delta()
    apply(shown, delta)
    existing = {name: found for name, found in present.items() if found is not None}
    assert shown == {found.name: found for found in plan.results(existing.values())}
    assert existing.keys().isdisjoint(delta.deleted)
    assert existing.keys() >= set(delta.removed)


def test_documents_asked_for_by_name_are_reported_when_they_are_missing():
    view = views.NamedView([f"{ROOT}/a/1", f"{ROOT}/a/2"])
    here = document("a/1", {"n": 1})
    view.take_in({f"{ROOT}/a/1": here, f"{ROOT}/a/2": None, f"{ROOT}/a/3": here})
    delta = view.delta()
    assert (list(delta.shown), list(delta.deleted)) == ([here], [f"{ROOT}/a/2"])
    view.take_in({f"{ROOT}/a/1": here, f"{ROOT}/a/2": None})
    assert not view.delta()
    view.take_in({f"{ROOT}/a/1": None})
    assert list(view.delta().deleted) == [f"{ROOT}/a/1"]
