"""Firestore's indexes are those that the queries need; what is never asked for by itself is not indexed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from shared.jobs.creation import Request
from shared.jobs.dead_letters import DeadLetter
from shared.jobs.outbox import OutboxRow
from shared.model.job import Job

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def indexes():
    return json.loads((ROOT / "firebase/firestore.indexes.json").read_text())


@pytest.mark.parametrize("filters", [(), ("kind",), ("state",), ("kind", "state")])
def test_every_list_of_jobs_has_its_index(indexes, filters):
    wanted = [*(("uid", *filters)), "createTime"]
    found = [[field["fieldPath"] for field in index["fields"]] for index in indexes["indexes"]]
    assert wanted in found


def test_the_count_of_a_day_has_its_index(indexes):
    assert ["kind", "createTime"] in [[field["fieldPath"] for field in index["fields"]] for index in indexes["indexes"]]


def test_newest_first_is_the_order_of_every_index_of_jobs(indexes):
    assert all(
        index["fields"][-1] == {"fieldPath": "createTime", "order": "DESCENDING"} for index in indexes["indexes"]
    )


def test_whatever_expires_is_removed_by_firestore(indexes):
    removed = {each["collectionGroup"] for each in indexes["fieldOverrides"] if each.get("ttl")}
    assert removed >= {
        "jobs",
        "images",
        "findings",
        "reports",
        "requests",
        "quotas",
        "outbox",
        "deadLetters",
        "entries",
        "shares",
    }
    assert all(each["fieldPath"] == "expireTime" for each in indexes["fieldOverrides"] if each.get("ttl"))


STRUCTS = [("jobs", Job), ("outbox", OutboxRow), ("requests", Request), ("deadLetters", DeadLetter)]


@pytest.mark.parametrize(("collection", "struct"), STRUCTS)
def test_no_index_names_a_field_that_is_not_there(indexes, collection, struct):
    named = itertools.chain(
        (each["fieldPath"] for each in indexes["fieldOverrides"] if each["collectionGroup"] == collection),
        (field["fieldPath"] for index in indexes["indexes"] if collection == "jobs" for field in index["fields"]),
    )
    assert set(named) <= set(struct.__struct_encode_fields__)


def test_every_index_has_a_query_that_needs_it(indexes):
    """Lists of jobs and the count of a day have more than one field; each index costs a write at every change."""
    lists = {("uid", *filters, "createTime") for filters in [(), ("kind",), ("state",), ("kind", "state")]}
    counts = {("kind", "createTime")}
    held = {
        (index["collectionGroup"], tuple(field["fieldPath"] for field in index["fields"]))
        for index in indexes["indexes"]
    }
    assert held == {("jobs", fields) for fields in lists | counts}
