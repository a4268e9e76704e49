"""Whatever arrives, the answer is clear, nothing is harmed, and the service goes on."""

from __future__ import annotations

import random

import grpc
import pytest

from tests.contract.firestore.connecting import DATABASE, ROOT, refusal


def nested(levels):
    value = {"integer_value": 1}
    for _ in range(levels):
        value = {"map_value": {"fields": {"a": value}}}
    return value


def setting(name=f"{ROOT}/hostile/a", **more):
    return {"update": {"name": name, **more}}


@pytest.mark.parametrize(
    "write",
    [
        {},
        setting(""),
        setting(ROOT),
        setting(f"{ROOT}/hostile"),
        setting(f"{ROOT}/hostile/__a__"),
        setting("projects/demo-other/databases/(default)/documents/a/b"),
        setting(fields={"a": {}}),
        setting(fields={"": {"integer_value": 1}}),
        setting(fields={"a": nested(21)}),
        setting(fields={"a": {"timestamp_value": {"seconds": 10**15}}}),
        setting(fields={"a": {"reference_value": "../../etc/passwd"}}),
        {**setting(), "update_mask": {"field_paths": ["a..b"]}},
        {**setting(), "update_mask": {"field_paths": ["__a__"]}},
        {**setting(), "current_document": {"update_time": {"seconds": 1, "nanos": 1}}},
        {**setting(), "current_document": {"update_time": {"seconds": 10**11}}},
        {**setting(), "update_transforms": [{"field_path": "a"}]},
        {**setting(), "update_transforms": [{"field_path": "a", "increment": {"string_value": "1"}}]},
        {**setting(), "update_transforms": [{"field_path": "a", "set_to_server_value": 7}]},
        {**setting(), "update_transforms": [{"field_path": "__name__", "increment": {"integer_value": 1}}]},
        {**setting(), "update_transforms": [{"field_path": ".".join("a" * 22), "increment": {"integer_value": 1}}]},
        {
            **setting(),
            "update_transforms": [
                {"field_path": "a", "increment": {"integer_value": 1}},
                {"field_path": "a.b", "increment": {"integer_value": 1}},
            ],
        },
        {"transform": {"document": f"{ROOT}/hostile/a"}},
    ],
    ids=lambda write: str(write)[:60],
)
def test_a_write_that_makes_no_sense_is_refused_with_everything_beside_it(wire, our_client, write):
    good = setting(f"{ROOT}/hostile/beside")
    assert refusal(wire.unary, "Commit", database=DATABASE, writes=[good, write]) == "INVALID_ARGUMENT"
    assert not our_client.document("hostile/beside").get().exists


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetDocument", {"name": ""}),
        ("GetDocument", {"name": f"{ROOT}/a"}),
        ("GetDocument", {"name": f"{ROOT}/a/b", "mask": {"field_paths": ["`"]}}),
        ("GetDocument", {"name": f"{ROOT}/a/b", "read_time": {"seconds": 10**11}}),
        ("GetDocument", {"name": f"{ROOT}/a/b", "read_time": {"seconds": 1, "nanos": 1}}),
        ("GetDocument", {"name": f"{ROOT}/a/b", "transaction": b"?"}),
        ("Commit", {"database": "nothing"}),
        ("CreateDocument", {"parent": ROOT, "collection_id": "a", "document_id": "__x__"}),
        ("CreateDocument", {"parent": ROOT, "collection_id": "a/b"}),
        ("CreateDocument", {"parent": ROOT, "collection_id": "a", "document": {"name": f"{ROOT}/a/b"}}),
        ("UpdateDocument", {}),
        ("DeleteDocument", {"name": "nothing"}),
        ("BeginTransaction", {"database": "nothing"}),
        ("ListCollectionIds", {"parent": f"{ROOT}/a"}),
        ("ListCollectionIds", {"parent": ROOT, "page_token": "?"}),
        ("PartitionQuery", {"parent": ROOT}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(wire, method, request_):
    assert refusal(wire.unary, method, **request_) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "query",
    [
        {"from_": [{"collection_id": "a"}, {"collection_id": "b"}]},
        {"from_": [{"collection_id": "__a__"}]},
        {"where": {}},
        {"where": {"composite_filter": {"op": 0}}},
        {"where": {"unary_filter": {"op": 0, "field": {"field_path": "a"}}}},
        {"where": {"unary_filter": {"op": 2, "field": {"field_path": "__name__"}}}},
        {"where": {"field_filter": {"op": 0, "field": {"field_path": "a"}, "value": {"integer_value": 1}}}},
        {"where": {"field_filter": {"op": 5, "field": {"field_path": ""}, "value": {"integer_value": 1}}}},
        {"where": {"field_filter": {"op": 5, "field": {"field_path": "a"}}}},
        {"where": {"field_filter": {"op": 8, "field": {"field_path": "a"}, "value": {"integer_value": 1}}}},
        {"start_at": {"values": [{"integer_value": 1}]}},
        {"order_by": [{"field": {"field_path": "__name__"}}], "start_at": {"values": [{"integer_value": 1}]}},
        {"order_by": [{"field": {"field_path": "a"}}], "start_at": {"values": [{}]}},
        {"select": {"fields": [{"field_path": "a."}]}},
    ],
    ids=lambda query: str(query)[:60],
)
def test_a_query_that_makes_no_sense_is_refused(wire, query):
    request = {"parent": ROOT, "structured_query": {"from_": [{"collection_id": "a"}], **query}}
    assert refusal(wire.stream, "RunQuery", **request) == "INVALID_ARGUMENT"


def test_a_request_of_more_than_ten_mebibytes_is_refused(wire):
    writes = [setting(f"{ROOT}/large/{number}", fields={"s": {"string_value": "x" * 10**6}}) for number in range(11)]
    assert refusal(wire.unary, "Commit", database=DATABASE, writes=writes) == "INVALID_ARGUMENT"
    wire.unary("Commit", database=DATABASE, writes=writes[:10])
    wire.unary("Commit", database=DATABASE, writes=[{"delete": write["update"]["name"]} for write in writes])


@pytest.mark.parametrize(
    ("method", "what"),
    [("ExecutePipeline", "pipelines"), ("RunQuery", "explain_options"), ("RunQuery", "find_nearest")],
)
def test_what_is_not_supported_is_refused_by_name(wire, method, what):
    request = {
        "pipelines": {},
        "explain_options": {"parent": ROOT, "structured_query": {}, "explain_options": {}},
        "find_nearest": {"parent": ROOT, "structured_query": {"find_nearest": {}}},
    }[what]
    call = wire.unary if method == "ExecutePipeline" else wire.stream
    with pytest.raises(grpc.RpcError, match=what) as refused:
        call(method, **request)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_service_survives_bytes_that_are_no_messages(wire, our_client):
    chance = random.Random(5)
    for method in ("Commit", "GetDocument", "BatchWrite", "Rollback", "NoSuchMethod"):
        for length in (1, 7, 100):
            body = bytes(chance.randrange(256) for _ in range(length))
            assert refusal(wire.bytes, method, body) in {"INTERNAL", "INVALID_ARGUMENT", "UNIMPLEMENTED", "UNKNOWN"}
    our_client.document("hostile/after").set({"n": 1})


def test_a_filter_that_is_nested_as_deep_as_messages_go_is_answered(wire):
    deep = {"field_filter": {"field": {"field_path": "a"}, "op": 5, "value": {"integer_value": 1}}}
    for _ in range(40):
        deep = {"composite_filter": {"op": 1, "filters": [deep]}}
    (answer,) = wire.stream(
        "RunQuery", parent=ROOT, structured_query={"from_": [{"collection_id": "none"}], "where": deep}
    )
    assert answer.done
