"""The small parts: calls that change places, bodies that get cut or changed, what a request is about."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.faults import details
from localcloud.faults.bodies import Cut, Flip
from localcloud.faults.decision import twin_id
from localcloud.faults.gate import Gate
from localcloud.firestore import wire

chunks = st.lists(st.binary(max_size=20), max_size=10)


def passed(count: int, *, window: int, within: float = 0.05, seed: str = "") -> list[int]:
    """In which order so many calls go through a gate to which they come one after the other."""
    order: list[int] = []

    async def call(gate: Gate, number: int) -> None:
        await gate.go_through()
        order.append(number)

    async def all_of_them() -> None:
        gate = Gate(window=window, within=within, seed=seed)
        await asyncio.gather(*(call(gate, number) for number in range(count)))

    asyncio.run(all_of_them())
    return order


@pytest.mark.parametrize(("count", "window"), [(2, 2), (3, 3), (6, 3), (5, 100)])
def test_everybody_passes_and_not_in_the_order_of_coming(count, window):
    order = passed(count, window=window)
    assert sorted(order) == list(range(count))
    assert order != list(range(count))


def test_the_order_is_the_same_for_the_same_seed_only():
    orders = {tuple(passed(8, window=8, seed=str(seed % 5))) for seed in range(10)}
    assert len(orders) == 5


def test_nobody_waits_for_more_than_a_window():
    order = passed(6, window=3)
    assert sorted(order[:3]) == [0, 1, 2]


def test_one_that_is_alone_waits_its_time_and_passes():
    assert passed(1, window=5) == [0]


def test_one_that_gives_up_holds_nobody_up():
    async def run() -> bool:
        gate = Gate(window=2, within=10, seed="")
        gone = asyncio.create_task(gate.go_through())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait_for(gate.go_through(), 1)
        return gone.cancelled()

    assert asyncio.run(run())


@given(body=chunks, keep=st.integers(0, 150))
def test_a_cut_lets_just_the_first_bytes_through(body, keep):
    cut = Cut(keep)
    got = bytearray()
    for chunk in body:
        got += cut(chunk)
        if cut.over:
            break
    whole = b"".join(body)
    assert got == whole[:keep]
    assert cut.over is (len(whole) > keep)


@given(body=chunks, position=st.integers(0, 150))
def test_a_flip_changes_one_bit_of_one_byte(body, position):
    flip = Flip(position)
    got = b"".join(map(flip, body))
    whole = b"".join(body)
    wrong = [place for place in range(len(whole)) if got[place] != whole[place]]
    assert len(got) == len(whole)
    assert wrong == ([position] if position < len(whole) else [])
    assert all(got[place] ^ whole[place] == 1 for place in wrong)


def test_copies_have_ids_of_their_own():
    assert [twin_id("1700000000000000", number) for number in range(3)] == [
        "1700000000000000",
        "17000000000000001",
        "17000000000000002",
    ]


ROOT = "projects/p/databases/(default)/documents"


@pytest.mark.parametrize(
    ("describe", "request_", "documents"),
    [
        (details.named_document, wire.GetDocumentRequest(name=f"{ROOT}/jobs/1"), ["jobs/1"]),
        (details.given_document, wire.UpdateDocumentRequest(document={"name": f"{ROOT}/jobs/1"}), ["jobs/1"]),
        (
            details.new_document,
            wire.CreateDocumentRequest(parent=f"{ROOT}/jobs/1", collection_id="images", document_id="0"),
            ["jobs/1/images/0"],
        ),
        (details.listed_documents, wire.ListDocumentsRequest(parent=ROOT, collection_id="jobs"), ["jobs/"]),
        (
            details.wanted_documents,
            wire.BatchGetDocumentsRequest(documents=[f"{ROOT}/jobs/1", f"{ROOT}/users/2"]),
            ["jobs/1", "users/2"],
        ),
        (
            details.written_documents,
            wire.CommitRequest(
                writes=[
                    {"update": {"name": f"{ROOT}/jobs/1"}},
                    {"delete": f"{ROOT}/jobs/2"},
                    {"transform": {"document": f"{ROOT}/jobs/3"}},
                    {},
                ]
            ),
            ["jobs/1", "jobs/2", "jobs/3", ""],
        ),
        (
            details.queried_documents,
            wire.RunQueryRequest(parent=ROOT, structured_query={"from_": [{"collection_id": "jobs"}]}),
            ["jobs/"],
        ),
        (
            details.aggregated_documents,
            wire.RunAggregationQueryRequest(
                parent=ROOT,
                structured_aggregation_query={"structured_query": {"from_": [{"collection_id": "jobs"}]}},
            ),
            ["jobs/"],
        ),
    ],
)
def test_requests_to_firestore_tell_their_documents(describe, request_, documents):
    assert describe(request_) == {"document": documents}


def test_a_subscription_goes_by_its_full_and_by_its_short_name():
    assert details.subscription("projects/p/subscriptions/s") == {"subscription": ("projects/p/subscriptions/s", "s")}
