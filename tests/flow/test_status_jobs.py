"""Reading jobs over HTTP: one, its parts, all of them, and waiting for one to change."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from shared.model.job import JobImage
from shared.model.states import Stage, State
from tests.apps import reason, running_stack

NEVER = "abcdefghij0123456789"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def status(stack):
    return stack.status()


@pytest.fixture
def alice(stack):
    return stack.sign_in()


def get(status, person, path, **headers):
    return status.get(path, headers={**person.headers, **headers})


def test_a_job_is_read_by_its_owner(stack, status, alice):
    job_id = stack.add_job(alice.uid, state=State.PROCESSING, stage=Stage.READING, lease_owner="worker-7")
    answer = get(status, alice, f"/v1/jobs/{job_id}")
    assert (answer.status_code, answer.json["name"]) == (200, f"jobs/{job_id}")
    assert (answer.json["state"], answer.json["stage"]) == ("PROCESSING", "reading")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "leaseOwner" not in answer.json
    assert datetime.fromisoformat(answer.json["createTime"]).tzinfo is not None


def test_what_has_not_changed_is_not_sent_again(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    etag = get(status, alice, f"/v1/jobs/{job_id}").headers["ETag"]
    assert get(status, alice, f"/v1/jobs/{job_id}", **{"If-None-Match": etag}).status_code == 304
    stack.database.document(f"jobs/{job_id}").update({"progress": 0.5})
    changed = get(status, alice, f"/v1/jobs/{job_id}", **{"If-None-Match": etag})
    assert (changed.status_code, changed.json["progress"]) == (200, 0.5)


PATHS = ["", "/images", "/findings", "/reports", ":wait?timeout=0"]


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_job_is_as_one_that_never_was(stack, status, alice, path):
    job_id = stack.add_job(stack.sign_in().uid)
    foreign, missing = get(status, alice, f"/v1/jobs/{job_id}{path}"), get(status, alice, f"/v1/jobs/{NEVER}{path}")
    assert (foreign.status_code, reason(foreign)) == (404, "JOB_NOT_FOUND")
    assert foreign.text.replace(job_id, NEVER) == missing.text


@pytest.mark.parametrize("path", PATHS)
def test_an_expired_job_is_gone_though_its_document_is_still_there(stack, status, alice, path):
    job_id = stack.add_job(alice.uid, create_time=datetime.now(UTC) - timedelta(days=31))
    assert reason(get(status, alice, f"/v1/jobs/{job_id}{path}")) == "JOB_NOT_FOUND"
    assert get(status, alice, "/v1/jobs").json["jobs"] == []


@pytest.mark.parametrize("path", ["/v1/jobs", *(f"/v1/jobs/{NEVER}{path}" for path in PATHS)])
def test_nobody_reads_without_a_token(status, path):
    answer = status.get(path)
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_MISSING")


def test_the_parts_of_a_job_are_listed_by_name(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    job = stack.database.document(f"jobs/{job_id}")
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    job.collection("images").document("0").set({"width": 640, "gps": None, "createTime": at})
    job.collection("findings").document("text-1").set({"type": "text", "box": {"left": 0.25}, "uid": alice.uid})
    job.collection("reports").document("inspection").set({"summary": {"lines": 2}, "full": {"text": ["a", "b"]}})
    images = get(status, alice, f"/v1/jobs/{job_id}/images").json
    findings = get(status, alice, f"/v1/jobs/{job_id}/findings").json
    reports = get(status, alice, f"/v1/jobs/{job_id}/reports").json
    name = f"jobs/{job_id}"
    assert images == {
        "images": [{"name": f"{name}/images/0", "width": 640, "gps": None, "createTime": "2026-05-01T12:00:00Z"}]
    }
    assert [finding["name"] for finding in findings["findings"]] == [f"{name}/findings/text-1"]
    assert reports["reports"][0]["full"] == {"text": ["a", "b"]}


def test_a_job_without_parts_has_empty_lists(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    assert get(status, alice, f"/v1/jobs/{job_id}/findings").json == {"findings": []}


def test_parts_come_in_pages(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    for number in range(5):
        stack.database.document(f"jobs/{job_id}/findings/f{number}").set({"type": "text"})
    names, token = [], ""
    for _ in range(3):
        page = get(status, alice, f"/v1/jobs/{job_id}/findings?pageSize=2&pageToken={token}").json
        names += [finding["name"][-2:] for finding in page["findings"]]
        token = page.get("nextPageToken", "")
    assert (names, token) == (["f0", "f1", "f2", "f3", "f4"], "")


@pytest.fixture
def history(stack, alice):
    """Seven jobs of alice, oldest first; two of them at the very same time; and one of somebody else."""
    begun = datetime.now(UTC) - timedelta(hours=1)
    minutes = [0, 1, 2, 2, 3, 4, 5]
    states = [
        State.COMPLETED,
        State.FAILED,
        State.PENDING,
        State.COMPLETED,
        State.COMPLETED,
        State.PENDING,
        State.PENDING,
    ]
    stack.add_job("somebody-else", create_time=begun)
    return [
        stack.add_job(alice.uid, create_time=begun + timedelta(minutes=minute), state=state)
        for minute, state in zip(minutes, states, strict=True)
    ]


def pages_of(status, person, query):
    token, found = "", []
    while True:
        page = get(status, person, f"/v1/jobs?{query}&pageToken={token}").json
        found.append([job["name"].removeprefix("jobs/") for job in page["jobs"]])
        token = page.get("nextPageToken")
        if not token:
            return found


def test_jobs_are_listed_newest_first_and_only_ones_own(status, alice, history):
    (page,) = pages_of(status, alice, "")
    assert sorted(page) == sorted(history)
    assert [page[0], page[-1]] == [history[-1], history[0]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_hold_every_job_once_and_in_order(status, alice, history, size):
    pages = pages_of(status, alice, f"pageSize={size}")
    (whole,) = pages_of(status, alice, "")
    assert [job for page in pages for job in page] == whole
    assert all(len(page) == size for page in pages[:-1])
    assert len(whole) == len(history)


def test_jobs_are_filtered_by_kind_and_state(status, alice, history):
    assert [sorted(page) for page in pages_of(status, alice, "state=FAILED")] == [[history[1]]]
    assert sum(len(page) for page in pages_of(status, alice, "state=COMPLETED&kind=inspection&pageSize=2")) == 3
    assert pages_of(status, alice, "kind=palm") == [[]]


def test_a_page_token_is_good_for_its_own_list_alone(stack, status, alice, history):
    token = get(status, alice, "/v1/jobs?pageSize=2").json["nextPageToken"]
    mallory = stack.sign_in()
    assert reason(get(status, mallory, f"/v1/jobs?pageSize=2&pageToken={token}")) == "PAGE_TOKEN_INVALID"
    assert reason(get(status, alice, f"/v1/jobs?state=FAILED&pageToken={token}")) == "PAGE_TOKEN_INVALID"
    assert reason(get(status, alice, f"/v1/jobs?pageToken={token}x")) == "PAGE_TOKEN_INVALID"
    assert reason(get(status, alice, f"/v1/jobs/{history[0]}/images?pageToken={token}")) == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pageSize=-1", "PAGE_SIZE_INVALID"),
        ("pageSize=ten", "INVALID_REQUEST"),
        ("state=DONE", "INVALID_REQUEST"),
        ("kind=" + "x" * 3000, "INVALID_REQUEST"),
        ("sort=name", "INVALID_REQUEST"),
        ("state=FAILED&state=PENDING", "INVALID_REQUEST"),
        ("pageToken=made.up", "PAGE_TOKEN_INVALID"),
        ("pageToken=%00%ff", "PAGE_TOKEN_INVALID"),
    ],
)
def test_a_question_that_is_not_understood_is_refused(status, alice, query, expected):
    answer = get(status, alice, f"/v1/jobs?{query}")
    assert (answer.status_code, reason(answer)) == (400, expected)


def test_waiting_ends_when_the_job_changes(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    etag = get(status, alice, f"/v1/jobs/{job_id}").headers["ETag"]
    change = threading.Timer(0.2, stack.database.document(f"jobs/{job_id}").update, [{"progress": 0.5}])
    change.start()
    begun = time.monotonic()
    answer = status.get(f"/v1/jobs/{job_id}:wait", query_string={"timeout": 10, "etag": etag}, headers=alice.headers)
    assert (answer.status_code, answer.json["progress"]) == (200, 0.5)
    assert time.monotonic() - begun < 2
    change.join()


def test_who_knows_an_older_state_need_not_wait(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    begun = time.monotonic()
    assert get(status, alice, f"/v1/jobs/{job_id}:wait?timeout=10&etag=older").json["state"] == "PENDING"
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_nobody_waits_for_a_job_that_is_final(stack, status, alice, state):
    job_id = stack.add_job(alice.uid, state=state)
    etag = get(status, alice, f"/v1/jobs/{job_id}").headers["ETag"].strip('"')
    begun = time.monotonic()
    assert get(status, alice, f"/v1/jobs/{job_id}:wait?timeout=10&etag={etag}").json["state"] == state
    assert time.monotonic() - begun < 1


def test_without_a_change_waiting_ends_at_the_timeout(stack, status, alice):
    job_id = stack.add_job(alice.uid)
    begun = time.monotonic()
    answer = get(status, alice, f"/v1/jobs/{job_id}:wait?timeout=0.4")
    assert (answer.status_code, answer.json["state"]) == (200, "PENDING")
    assert 0.4 <= time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    ("query", "expected"),
    [("timeout=-1", "TIMEOUT_INVALID"), ("timeout=nan", "TIMEOUT_INVALID"), ("timeout=soon", "INVALID_REQUEST")],
)
def test_a_timeout_that_is_none_is_refused(stack, status, alice, query, expected):
    job_id = stack.add_job(alice.uid)
    assert reason(get(status, alice, f"/v1/jobs/{job_id}:wait?{query}")) == expected


def test_where_nobody_may_wait_the_client_is_told_to_come_back(stack, alice):
    job_id = stack.add_job(alice.uid, images={"0": JobImage(content_type="image/png", size=1)})
    answer = get(stack.status(max_waiters=0), alice, f"/v1/jobs/{job_id}:wait?timeout=1")
    assert (answer.status_code, reason(answer), answer.headers["Retry-After"]) == (429, "WAITERS_FULL", "2")


def test_where_app_check_is_on_readers_have_to_show_their_token_too(stack, alice):
    guarded = stack.status(app_check_project_number="42", app_check_keys_url=stack.common["id_token_keys_url"])
    assert reason(get(guarded, alice, "/v1/jobs")) == "APP_CHECK_MISSING"


@pytest.mark.parametrize(("verb", "state"), [("retry", State.FAILED), ("reprocess", State.COMPLETED)])
def test_a_kind_that_is_turned_off_is_not_run_again(stack, alice, verb, state):
    job_id = stack.add_job(alice.uid, state=state)
    switches = stack.database.document("control/switches")
    switches.set({"kinds": {"inspection": False}})
    try:
        answer = stack.status().post(f"/v1/jobs/{job_id}:{verb}", headers=alice.headers)
    finally:
        switches.delete()
    assert (answer.status_code, reason(answer)) == (400, "KIND_DISABLED")


@pytest.mark.parametrize("verb", [":cancel", ":retry", ":reprocess"])
def test_an_expired_job_is_not_there_to_be_changed(stack, status, alice, verb):
    job_id = stack.add_job(alice.uid, create_time=datetime.now(UTC) - timedelta(days=31))
    assert reason(status.post(f"/v1/jobs/{job_id}{verb}", headers=alice.headers)) == "JOB_NOT_FOUND"
