"""Reading a document of a Firestore that is not there ends soon, and says so."""

from __future__ import annotations

import time

import pytest
from google.api_core.exceptions import RetryError

from shared import firestore as ours
from shared.documents import to_json
from shared.firestore import FirestoreDatabase


@pytest.fixture
def nowhere(monkeypatch):
    """A Firestore that nobody runs."""
    from google.cloud import firestore

    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setattr(ours, "CALL_TIMEOUT", 0.3)
    monkeypatch.setattr(ours, "TOTAL_TIMEOUT", 0.3)
    client = firestore.Client(project="demo-loupe")
    yield FirestoreDatabase(client)
    client.close()


def test_a_read_is_given_up_in_time(nowhere):
    begun = time.monotonic()
    with pytest.raises(RetryError):
        nowhere.read("jobs/j1")
    assert time.monotonic() - begun < 1


def test_a_change_is_given_up_in_time(nowhere):
    begun = time.monotonic()
    with pytest.raises(RetryError):
        nowhere.transact(["jobs/j1"], lambda _: (None, ()))
    assert time.monotonic() - begun < 1


def test_times_of_firestore_become_rfc_3339():
    from google.api_core.datetime_helpers import DatetimeWithNanoseconds

    kept = {"times": [DatetimeWithNanoseconds(2026, 1, 2, 3, 4, 5, 678000)]}
    assert to_json(kept) == {"times": ["2026-01-02T03:04:05.678000"]}
