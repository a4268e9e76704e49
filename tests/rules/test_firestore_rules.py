"""What an app may read of Firestore by itself: its user's own jobs, and nothing of anybody else's.

The rules are applied by Google's own emulator.
"""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path

import httpx
import pytest

from tests.contract.firestore.servers import official_emulator, running_official_emulator

RULES = Path(__file__).parent.parent.parent / "firebase" / "firestore.rules"
DOCUMENTS = "/v1/projects/demo-loupe/databases/(default)/documents"
CLOSED = (
    "quotas/alice",
    "requests/alice:k",
    "ledger/2026-01-01",
    "analytics/2026-01-01",
    "outbox/j:completed",
    "control/switches",
    "shadows/j-skin_lesion",
    "users/alice",
    "shares/hash",
)

pytestmark = pytest.mark.slow


def fields(uid: str, *, expires: str = "2100-01-01T00:00:00Z") -> dict:
    return {"fields": {"uid": {"stringValue": uid}, "expireTime": {"timestampValue": expires}}}


def token(uid: str) -> str:
    """As the emulator takes it: it trusts what an unsigned token says."""
    parts = [{"alg": "none"}, {"sub": uid, "user_id": uid}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


class Firestore:
    """The emulator as one caller sees it."""

    def __init__(self, http: httpx.Client, bearer: str | None) -> None:
        self._http = http
        http.headers.update({"Authorization": f"Bearer {bearer}"} if bearer else {})

    def get(self, path: str) -> int:
        return self._http.get(f"/{path}").status_code

    def put(self, path: str, content: dict) -> int:
        return self._http.patch(f"/{path}", json=content).status_code

    def delete(self, path: str) -> int:
        return self._http.delete(f"/{path}").status_code

    def list(self, collection: str, *, uid: str | None, limit: int | None, parent: str = "") -> int:
        query: dict = {"from": [{"collectionId": collection}]}
        if uid is not None:
            value = {"stringValue": uid}
            query["where"] = {"fieldFilter": {"field": {"fieldPath": "uid"}, "op": "EQUAL", "value": value}}
        if limit is not None:
            query["limit"] = limit
        where = str(self._http.base_url).rstrip("/") + parent
        return self._http.post(f"{where}:runQuery", json={"structuredQuery": query}).status_code


@pytest.fixture(scope="module")
def callers():
    """Alice, who has a job; Bob, a stranger; nobody, who is not signed in; the owner of the project."""
    script = official_emulator()
    if script is None:
        pytest.skip("needs Google's Firestore emulator and Java, which apply the rules")
    with running_official_emulator(script, rules=RULES) as address, contextlib.ExitStack() as opened:

        def caller(bearer: str | None) -> Firestore:
            client = httpx.Client(base_url=f"http://{address}{DOCUMENTS}", timeout=20)
            return Firestore(opened.enter_context(client), bearer)

        owner = caller("owner")
        for path in ("jobs/j", "jobs/j/images/0", "jobs/j/findings/text-000", "jobs/j/reports/inspection", *CLOSED):
            assert owner.put(path, fields("alice")) == 200
        assert owner.put("jobs/old", fields("alice", expires="2020-01-01T00:00:00Z")) == 200
        yield {"alice": caller(token("alice")), "bob": caller(token("bob")), "nobody": caller(None)}


def test_the_rules_are_really_applied(callers):
    assert callers["nobody"].get("jobs/j") == 403


@pytest.mark.parametrize("path", ["jobs/j", "jobs/j/images/0", "jobs/j/findings/text-000", "jobs/j/reports/inspection"])
def test_the_owner_reads_a_job_and_its_details_and_a_stranger_does_not(callers, path):
    assert callers["alice"].get(path) == 200
    assert callers["bob"].get(path) == 403
    assert callers["nobody"].get(path) == 403


def test_an_expired_job_is_gone_even_if_it_has_not_been_removed_yet(callers):
    assert callers["alice"].get("jobs/old") == 403


def test_jobs_are_listed_only_as_ones_own_and_in_pages(callers):
    assert callers["alice"].list("jobs", uid="alice", limit=50) == 200
    assert callers["alice"].list("jobs", uid="alice", limit=51) == 403
    assert callers["alice"].list("jobs", uid="alice", limit=None) == 403
    assert callers["alice"].list("jobs", uid=None, limit=10) == 403
    assert callers["bob"].list("jobs", uid="alice", limit=10) == 403
    assert callers["nobody"].list("jobs", uid="alice", limit=10) == 403


@pytest.mark.parametrize("collection", ["images", "findings", "reports"])
def test_details_are_listed_by_their_owner_only(callers, collection):
    assert callers["alice"].list(collection, uid="alice", limit=300, parent="/jobs/j") == 200
    assert callers["bob"].list(collection, uid="alice", limit=300, parent="/jobs/j") == 403


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_not_for_apps_is_closed_to_everybody(callers, path):
    assert callers["alice"].get(path) == 403
    assert callers["nobody"].get(path) == 403


@pytest.mark.parametrize("path", ["jobs/j", "jobs/new", "jobs/j/images/0", "jobs/j/notes/1", *CLOSED])
def test_apps_write_nothing(callers, path):
    for caller in callers.values():
        assert caller.put(path, fields("alice")) == 403
        assert caller.delete(path) == 403
