"""The protocol of Write: a stream of commits."""

from __future__ import annotations

import queue

import grpc
import pytest

from localcloud.firestore.wire import WriteRequest
from tests.contract.firestore.connecting import DATABASE, ROOT


@pytest.fixture
def stream(wire):
    requests = queue.Queue()
    call = wire.duplex("Write", iter(requests.get, None))

    def send(**request):
        requests.put(WriteRequest(**request))
        return next(call)

    yield send
    requests.put(None)
    call.cancel()


def setting(name, **more):
    return {"update": {"name": f"{ROOT}/{name}"}, **more}


def test_commits_are_answered_in_order_on_an_open_stream(stream, our_collection):
    opened = stream(database=DATABASE)
    assert opened.stream_id
    assert not opened.write_results
    first = stream(stream_token=opened.stream_token, writes=[setting(f"{our_collection.id}/{name}") for name in "ab"])
    second = stream(stream_token=first.stream_token, writes=[{"delete": f"{ROOT}/{our_collection.id}/a"}])
    assert [len(answer.write_results) for answer in (first, second)] == [2, 1]
    assert first.commit_time.ToNanoseconds() < second.commit_time.ToNanoseconds()
    assert opened.stream_token < first.stream_token < second.stream_token
    assert [found.id for found in our_collection.stream()] == ["b"]


@pytest.mark.parametrize(
    "first",
    [{}, {"database": "nothing"}, {"database": DATABASE, "writes": [setting("a/b")]}, {"stream_id": "old"}],
    ids=str,
)
def test_a_stream_that_is_not_opened_properly_is_refused(stream, first):
    with pytest.raises(grpc.RpcError) as refused:
        stream(**first)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_refused_commit_ends_the_stream_with_the_reason(stream, our_collection):
    stream(database=DATABASE)
    with pytest.raises(grpc.RpcError) as refused:
        stream(writes=[setting(f"{our_collection.id}/a"), setting("none/none", current_document={"exists": True})])
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert list(our_collection.stream()) == []
