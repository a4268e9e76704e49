"""The protocol of Listen: what is said on the stream, in which order."""

from __future__ import annotations

import contextlib
import queue
import uuid

import grpc
import pytest

from localcloud.firestore.wire import ListenRequest
from tests.contract.firestore.connecting import DATABASE, ROOT

NO_CHANGE, ADD, REMOVE, CURRENT, RESET = range(5)


class Stream:
    """An open Listen stream."""

    def __init__(self, wire):
        self._requests = queue.Queue()
        self.call = wire.duplex("Listen", iter(self._requests.get, None))

    def add(self, target_id=1, **target):
        self._requests.put(ListenRequest(database=DATABASE, add_target={"target_id": target_id, **target}))

    def send(self, **request):
        self._requests.put(ListenRequest(**{"database": DATABASE, **request}))

    def end(self):
        self._requests.put(None)

    def said(self, count):
        """The next answers in short form."""
        return [short(next(self.call)) for _ in range(count)]

    def until_consistent(self):
        """The answers up to the next one that says that everything is consistent."""
        said = []
        while not said or said[-1] != (NO_CHANGE, []):
            said += self.said(1)
        return said[:-1]


def short(answer):
    kind = answer.WhichOneof("response_type")
    if kind == "target_change":
        return answer.target_change.target_change_type, list(answer.target_change.target_ids)
    if kind == "document_change":
        return "changed", answer.document_change.document.name[-1], list(answer.document_change.target_ids)
    body = getattr(answer, kind)
    return kind.removeprefix("document_") + "d", body.document[-1], list(body.removed_target_ids)


@pytest.fixture
def stream(wire):
    opened = Stream(wire)
    yield opened
    opened.end()
    opened.call.cancel()


@pytest.fixture
def place():
    """The name of an empty collection."""
    return f"{ROOT}/c{uuid.uuid4().hex}"


def put(wire, name, **fields):
    values = {field: {"integer_value": value} for field, value in fields.items()}
    wire.unary("Commit", database=DATABASE, writes=[{"update": {"name": name, "fields": values}}])


def delete(wire, name):
    wire.unary("Commit", database=DATABASE, writes=[{"delete": name}])


def collection_query(place, **query):
    return {"parent": ROOT, "structured_query": {"from_": [{"collection_id": place[len(ROOT) + 1 :]}], **query}}


def test_a_target_is_added_shown_and_then_current(stream, wire, place):
    put(wire, f"{place}/a", n=1)
    stream.add(documents={"documents": [f"{place}/a", f"{place}/b"]})
    assert stream.until_consistent() == [(ADD, [1]), ("changed", "a", [1]), ("deleted", "b", [1]), (CURRENT, [1])]


def test_the_targets_of_a_stream_are_told_apart_and_kept_together(stream, wire, place):
    stream.add(1, documents={"documents": [f"{place}/a"]})
    stream.add(2, query=collection_query(place))
    while (CURRENT, [2]) not in stream.until_consistent():
        pass
    put(wire, f"{place}/a", n=1)
    assert stream.until_consistent() == [("changed", "a", [1]), ("changed", "a", [2])]
    put(wire, f"{place}/b", n=1)
    assert stream.until_consistent() == [("changed", "b", [2])]


def test_a_document_that_leaves_a_query_is_removed_and_one_that_is_deleted_is_deleted(stream, wire, place):
    where = {"field_filter": {"field": {"field_path": "n"}, "op": 3, "value": {"integer_value": 0}}}
    put(wire, f"{place}/a", n=1)
    put(wire, f"{place}/b", n=1)
    stream.add(query=collection_query(place, where=where))
    stream.until_consistent()
    put(wire, f"{place}/a", n=0)
    assert stream.until_consistent() == [("removed", "a", [1])]
    delete(wire, f"{place}/b")
    assert stream.until_consistent() == [("deleted", "b", [1])]


def test_a_removed_target_says_nothing_more_and_its_number_is_free_again(stream, wire, place):
    stream.add(1, query=collection_query(place))
    stream.add(2, documents={"documents": [f"{place}/z"]})
    while (CURRENT, [2]) not in stream.until_consistent():
        pass
    stream.send(remove_target=1)
    assert stream.said(2) == [(REMOVE, [1]), (NO_CHANGE, [])]
    put(wire, f"{place}/a", n=1)
    put(wire, f"{place}/z", n=1)
    assert stream.until_consistent() == [("changed", "z", [2])]
    stream.add(1, documents={"documents": [f"{place}/a"]})
    assert stream.until_consistent() == [(ADD, [1]), ("changed", "a", [1]), (CURRENT, [1])]


def test_a_resumed_target_begins_anew_after_a_reset(stream, wire, place):
    put(wire, f"{place}/a", n=1)
    stream.add(query=collection_query(place), resume_token=b"from before")
    assert stream.until_consistent() == [(ADD, [1]), (RESET, [1]), ("changed", "a", [1]), (CURRENT, [1])]


def test_a_target_for_once_is_removed_when_it_has_been_shown(stream, place):
    stream.add(documents={"documents": [f"{place}/a"]}, once=True)
    assert stream.said(5) == [(ADD, [1]), ("deleted", "a", [1]), (CURRENT, [1]), (NO_CHANGE, []), (REMOVE, [1])]


def test_a_target_without_a_number_is_given_one(stream, place):
    stream.add(0, documents={"documents": [f"{place}/a"]})
    assert stream.said(1) == [(ADD, [1])]


def test_read_times_and_resume_tokens_grow(stream, wire, place):
    stream.add(query=collection_query(place))
    times, tokens = [], []
    for number in range(4):
        put(wire, f"{place}/a", n=number)
    while len(times) < 2:
        answer = next(stream.call)
        if answer.target_change.HasField("read_time"):
            times.append(answer.target_change.read_time.ToNanoseconds())
            tokens.append(answer.target_change.resume_token)
    assert times == sorted(times)
    assert tokens == sorted(tokens)
    assert all(tokens)


def test_a_projection_holds_for_listeners_too(stream, wire, place):
    put(wire, f"{place}/a", n=1, m=2)
    stream.add(query=collection_query(place, select={"fields": [{"field_path": "m"}]}))
    stream.said(1)
    assert set(next(stream.call).document_change.document.fields) == {"m"}


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"documents": {"documents": []}},
        {"documents": {"documents": ["nothing"]}},
        {"documents": {"documents": ["projects/demo-other/databases/(default)/documents/a/b"]}},
        {"query": {"parent": ROOT}},
        {"query": {"parent": "nothing", "structured_query": {}}},
        {"query": {"parent": ROOT, "structured_query": {"limit": {"value": -1}}}},
    ],
    ids=str,
)
def test_a_target_that_makes_no_sense_is_removed_with_the_reason_and_the_stream_goes_on(stream, place, target):
    stream.add(1, **target)
    assert stream.said(1) == [(ADD, [1])]
    answer = next(stream.call).target_change
    assert (answer.target_change_type, answer.cause.code) == (REMOVE, grpc.StatusCode.INVALID_ARGUMENT.value[0])
    stream.add(1, documents={"documents": [f"{place}/a"]})
    assert stream.said(1) == [(ADD, [1])]


@pytest.mark.parametrize(
    "request_",
    [{}, {"database": ""}, {"database": "nothing", "remove_target": 1}, {"add_target": {"target_id": -1}}],
    ids=str,
)
def test_a_request_that_makes_no_sense_ends_the_stream(stream, request_):
    stream.send(**request_)
    with pytest.raises(grpc.RpcError) as refused:
        next(stream.call)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_number_that_is_in_use_ends_the_stream(stream, place):
    stream.add(3, documents={"documents": [f"{place}/a"]})
    stream.until_consistent()
    stream.add(3, documents={"documents": [f"{place}/b"]})
    with pytest.raises(grpc.RpcError, match="already in use"):
        next(stream.call)


def test_a_stream_that_the_client_ends_is_ended(stream, place):
    stream.add(documents={"documents": [f"{place}/a"]})
    stream.until_consistent()
    stream.end()
    with contextlib.suppress(StopIteration):
        pytest.fail(f"said {short(next(stream.call))}")
    assert stream.call.code() == grpc.StatusCode.OK
