"""Listing against a plain model of it: every page size, prefix and delimiter gives the same list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.storage.attributes import Attributes
from localcloud.storage.buckets import SettingsPatch, Versioning
from localcloud.storage.checksums import Checksums
from localcloud.storage.errors import Refusal
from localcloud.storage.listing import LARGEST_PAGE, Listing, page, successor
from localcloud.storage.objects import Content
from localcloud.storage.preconditions import NONE
from localcloud.storage.store import Store

_name = st.text(st.sampled_from("ab/\x00\ud7ff\ue000\U0010ffff"), min_size=1, max_size=4)
_CONTENT = Content(blob="0" * 32, size=0, checksums=Checksums(crc32c="AAAAAA=="))


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, "http://127.0.0.1")
    yield made
    made.close()


def fill(store: Store, names, *, versioned: bool = False) -> None:
    store.buckets.add("photos", SettingsPatch(versioning=Versioning(enabled=versioned)))
    for name in names:
        store.objects.put("photos", name, _CONTENT, Attributes(), NONE)


def everything(store: Store, **wanted) -> tuple[list[tuple[str, int]], list[str], int]:
    found, prefixes, pages, token = [], [], 0, ""
    while True:
        listed = page(store.database, Listing(bucket="photos", page_token=token, **wanted))
        found += [(each.name, each.generation) for each in listed.objects]
        prefixes += listed.prefixes
        pages += 1
        # An object that is also a prefix counts once and is told twice.
        over = wanted.get("trailing_delimiter", False)
        assert len(listed.objects) + len(listed.prefixes) <= wanted.get("most", LARGEST_PAGE) + over
        if listed.token is None:
            return found, prefixes, pages
        token = listed.token


@settings(max_examples=150, deadline=None)
@given(
    names=st.sets(_name, max_size=12),
    prefix=st.just("") | _name,
    delimiter=st.sampled_from(["", "/", "b/"]),
    start=st.just("") | _name,
    end=st.just("") | _name,
    trailing=st.booleans(),
    most=st.integers(1, 5),
)
def test_pages_add_up_to_what_a_model_says(tmp_path_factory, names, prefix, delimiter, start, end, trailing, most):
    store = Store(tmp_path_factory.mktemp("listing"), "http://127.0.0.1")
    fill(store, names)
    chosen = [n for n in sorted(names) if n.startswith(prefix) and n >= start and (not end or n < end)]
    objects, folded = [], []
    for name in chosen:
        at = name.find(delimiter, len(prefix)) if delimiter else -1
        if at < 0 or (trailing and at + len(delimiter) == len(name)):
            objects.append(name)
        if at >= 0 and name[: at + len(delimiter)] not in folded:
            folded.append(name[: at + len(delimiter)])
    found, prefixes, _ = everything(
        store,
        prefix=prefix,
        delimiter=delimiter,
        start=start,
        end=end,
        trailing_delimiter=trailing,
        most=most,
    )
    assert [name for name, _ in found] == objects
    assert prefixes == folded
    store.close()


def test_versions_are_listed_oldest_first_across_pages(store):
    fill(store, ["a", "b", "a", "a", "b"], versioned=True)
    found, _, pages = everything(store, versions=True, most=2)
    assert [name for name, _ in found] == ["a", "a", "a", "b", "b"]
    assert found == sorted(found)
    assert pages == 3
    assert [name for name, _ in everything(store)[0]] == ["a", "b"]


@given(_name)
def test_the_successor_is_above_every_name_with_that_prefix_and_nothing_else(prefix):
    above = successor(prefix)
    if above is None:
        assert set(prefix) == {"\U0010ffff"}
        return
    assert prefix < above
    assert prefix + "\U0010ffff" * 3 < above
    assert not above.startswith(prefix)


@pytest.mark.parametrize("token", ["!", "AAAA", "bnVsbA==", "WzEsMl0=", "é"])
def test_a_token_that_never_was_one_is_refused(store, token):
    fill(store, [])
    with pytest.raises(Refusal):
        page(store.database, Listing(bucket="photos", page_token=token))
