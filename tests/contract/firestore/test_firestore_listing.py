"""Collections and documents can be listed page by page."""

from __future__ import annotations

import pytest

from tests.contract.firestore.connecting import ROOT, refusal


def test_documents_are_listed_in_pages_with_those_that_only_have_something_below_them(collection):
    for name in ("a", "b", "d"):
        collection.document(name).set({"n": 1})
    collection.document("c").collection("below").document("x").set({})
    collection.document("b").collection("below").document("x").set({})
    assert [listed.id for listed in collection.list_documents(page_size=2)] == ["a", "b", "c", "d"]


def test_pages_stay_right_when_a_document_of_the_page_before_is_deleted(our_collection):
    for name in "abcdef":
        our_collection.document(name).set({})
    listed = our_collection.list_documents(page_size=2)
    first = [next(listed).id, next(listed).id]
    our_collection.document("a").delete()
    assert [*first, *(document.id for document in listed)] == list("abcdef")


def test_the_collections_below_a_document_are_listed(collection):
    document = collection.document("one")
    for name in ("b", "a", "c"):
        document.collection(name).document("x").collection("deeper").document("y").set({})
    assert [listed.id for listed in document.collections()] == ["a", "b", "c"]
    assert list(collection.document("two").collections()) == []


def test_the_collections_of_a_database_are_listed(client, collection):
    collection.document("one").set({})
    assert collection.id in [listed.id for listed in client.collections()]


def listing(wire, collection, **request):
    return wire.unary("ListDocuments", parent=ROOT, collection_id=collection.id, **request)


def test_a_listing_can_be_ordered_and_masked(wire, our_collection):
    for number, name in enumerate("abc"):
        our_collection.document(name).set({"n": number, "m": {"x": 1, "y": 2}})
    names = []
    token = ""
    while True:
        page = listing(
            wire,
            our_collection,
            order_by="n desc, m.x",
            page_size=2,
            page_token=token,
            mask={"field_paths": ["m.y"]},
        )
        names += [document.name[-1] for document in page.documents]
        assert all(set(document.fields) == {"m"} for document in page.documents)
        token = page.next_page_token
        if not token:
            break
    assert names == ["c", "b", "a"]


@pytest.mark.parametrize(
    "request_",
    [
        {"page_size": -1},
        {"page_token": "no token"},
        {"page_token": "AAAA"},
        {"order_by": "n sideways"},
        {"order_by": "n,"},
        {"order_by": "n", "show_missing": True},
        {"mask": {"field_paths": ["a..b"]}},
    ],
    ids=str,
)
def test_listings_that_make_no_sense_are_refused(wire, our_collection, request_):
    assert refusal(listing, wire, our_collection, **request_) == "INVALID_ARGUMENT"
