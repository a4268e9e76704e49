"""Derived pictures are read by URLs that their owner is given, and by links that he makes and takes back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from functions.status.shares import MOST, OPENINGS
from tests.apps import reason, running_stack

PAGE = b"<!doctype html><title>report</title>"
FILES = {"report.html": ("text/html", PAGE), "corrected.png": ("image/png", b"\x89PNG corrected")}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def bucket(stack):
    client = storage.Client(project=stack.cloud.project, credentials=AnonymousCredentials())
    yield client.bucket(f"{stack.cloud.project}-derived")
    client.close()


@pytest.fixture(scope="module")
def status(stack):
    return stack.status()


@pytest.fixture
def alice(stack):
    return stack.sign_in()


@pytest.fixture
def job_id(stack, bucket, alice):
    """A job of alice with one photo and two results."""
    made = stack.add_job(alice.uid)
    job = stack.database.document(f"jobs/{made}")
    kept = {}
    for name, (content_type, data) in FILES.items():
        bucket.blob(f"{made}/results/{name}").upload_from_string(data, content_type=content_type)
        place = f"gs://{bucket.name}/{made}/results/{name}"
        kept[name] = {"object": place, "type": content_type, "size": len(data)}
    job.collection("reports").document("pictures").set({"pictures": kept})
    normalized = f"{made}/0/7/normalized.jpg"
    bucket.blob(normalized).upload_from_string(b"\xff\xd8", content_type="image/jpeg")
    derived = {"normalized": f"gs://{bucket.name}/{normalized}", "later": "gs://elsewhere/x"}
    job.collection("images").document("0").set({"derived": derived})
    return made


def get(status, person, path):
    return status.get(path, headers=person.headers)


def post(status, person, path, body=None):
    return status.post(path, json=body, headers=person.headers)


def share(status, person, job_id, **wanted):
    return post(status, person, f"/v1/jobs/{job_id}/shares", {"picture": "report.html", **wanted})


def opened(status, url):
    return status.get("/v1/shared/" + url.rpartition("/")[2])


def test_the_owner_is_given_a_url_for_every_picture(status, alice, job_id):
    answer = get(status, alice, f"/v1/jobs/{job_id}/pictures")
    assert answer.headers["Cache-Control"] == "no-store"
    pictures = {picture["name"].rpartition("/")[2]: picture for picture in answer.json["pictures"]}
    assert set(pictures) == {"0-normalized.jpg", *FILES}
    assert pictures["0-normalized.jpg"]["image"] == 0
    for name, (content_type, data) in FILES.items():
        read = requests.get(pictures[name]["url"], timeout=5)
        assert (read.status_code, read.content, read.headers["Content-Type"]) == (200, data, content_type)
        assert read.headers["Content-Disposition"] == f'inline; filename="{name}"'
        assert pictures[name]["size"] == len(data)


def test_a_url_reads_one_picture_for_some_minutes_and_does_nothing_else(status, alice, job_id):
    picture = get(status, alice, f"/v1/jobs/{job_id}/pictures/report.html").json
    left = datetime.fromisoformat(picture["expireTime"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < left < timedelta(minutes=11)
    assert "X-Goog-Expires=600" in picture["url"]
    other = picture["url"].replace("report.html", "corrected.png")
    assert requests.get(other, timeout=5).status_code == 403
    assert requests.put(picture["url"], data=b"x", timeout=5).status_code == 403
    assert requests.delete(picture["url"], timeout=5).status_code == 403


def test_a_picture_that_is_not_the_jobs_is_never_signed(stack, bucket, status, alice, job_id):
    report = stack.database.document(f"jobs/{job_id}/reports/pictures")
    places = [f"gs://{bucket.name}/other/results/x.png", f"gs://elsewhere/{job_id}/x.png", "x.png"]
    report.set({"pictures": {f"{n}.png": {"object": place, "type": "image/png"} for n, place in enumerate(places)}})
    names = [picture["name"] for picture in get(status, alice, f"/v1/jobs/{job_id}/pictures").json["pictures"]]
    assert names == [f"jobs/{job_id}/pictures/0-normalized.jpg"]


@pytest.mark.parametrize("name", ["missing.png", "..png", "a%2Fb", "report.html%00"])
def test_a_picture_that_is_not_there_is_refused(status, alice, job_id, name):
    answer = get(status, alice, f"/v1/jobs/{job_id}/pictures/{name}")
    assert answer.status_code == 404
    assert reason(answer) in {"PICTURE_NOT_FOUND", "ROUTE_NOT_FOUND"}


def test_a_job_without_pictures_has_an_empty_list(stack, status, alice):
    assert get(status, alice, f"/v1/jobs/{stack.add_job(alice.uid)}/pictures").json == {"pictures": []}


@pytest.mark.parametrize("path", ["/pictures", "/pictures/report.html", "/shares"])
def test_a_stranger_finds_nothing(stack, status, job_id, path):
    answer = get(status, stack.sign_in(), f"/v1/jobs/{job_id}{path}")
    assert (answer.status_code, reason(answer)) == (404, "JOB_NOT_FOUND")
    assert reason(status.get(f"/v1/jobs/{job_id}{path}")) == "TOKEN_MISSING"


def test_a_link_shows_one_picture_to_whoever_has_it(status, alice, job_id):
    made = share(status, alice, job_id)
    assert made.status_code == 201
    answer = opened(status, made.json["url"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert requests.get(answer.headers["Location"], timeout=5).content == PAGE
    (listed,) = get(status, alice, f"/v1/jobs/{job_id}/shares").json["shares"]
    assert listed == {**made.json["share"], "openCount": 1}


def test_only_the_hash_of_a_link_is_kept(stack, status, alice, job_id):
    made = share(status, alice, job_id).json
    token = made["url"].rpartition("/")[2]
    hashed = hashlib.sha256(token.encode()).hexdigest()
    assert made["share"]["name"] == f"jobs/{job_id}/shares/{hashed}"
    assert token not in str(stack.database.document(f"shares/{hashed}").get().to_dict())
    assert token not in get(status, alice, f"/v1/jobs/{job_id}/shares").text


def test_a_link_leads_where_the_caller_or_the_operator_says(stack, status, alice, job_id):
    headers = {**alice.headers, "Host": "status.example", "X-Forwarded-Proto": "https"}
    made = status.post(f"/v1/jobs/{job_id}/shares", json={"picture": "report.html"}, headers=headers)
    assert made.json["url"].startswith("https://status.example/v1/shared/")
    public = stack.status(public_url="https://photos.example/api/")
    assert share(public, alice, job_id).json["url"].startswith("https://photos.example/api/v1/shared/")


def test_a_revoked_link_opens_no_more_and_stays_in_the_list(status, alice, job_id):
    made = share(status, alice, job_id).json
    for _ in range(2):
        revoked = post(status, alice, f"/v1/{made['share']['name']}:revoke")
        assert revoked.status_code == 200
    assert (opened(status, made["url"]).status_code, reason(opened(status, made["url"]))) == (404, "SHARE_NOT_FOUND")
    (listed,) = get(status, alice, f"/v1/jobs/{job_id}/shares").json["shares"]
    assert listed["revokeTime"] == revoked.json["revokeTime"] is not None


def test_only_its_owner_revokes_a_link(stack, status, alice, job_id):
    made = share(status, alice, job_id).json
    hashed = made["share"]["name"].rpartition("/")[2]
    mallory = stack.sign_in()
    own = stack.add_job(mallory.uid)
    assert reason(post(status, mallory, f"/v1/{made['share']['name']}:revoke")) == "JOB_NOT_FOUND"
    assert reason(post(status, mallory, f"/v1/jobs/{own}/shares/{hashed}:revoke")) == "SHARE_NOT_FOUND"
    assert reason(post(status, alice, f"/v1/jobs/{job_id}/shares/none:revoke")) == "SHARE_NOT_FOUND"
    assert opened(status, made["url"]).status_code == 302


def test_a_link_ends_when_it_was_told_to_and_never_after_its_job(stack, status, alice, job_id):
    made = share(status, alice, job_id, ttlSeconds=60).json["share"]
    lifetime = datetime.fromisoformat(made["expireTime"]) - datetime.fromisoformat(made["createTime"])
    assert lifetime == timedelta(seconds=60)
    long = share(status, alice, job_id, ttlSeconds=30 * 86400).json["share"]
    expires = stack.database.document(f"jobs/{job_id}").get().to_dict()["expireTime"]
    assert datetime.fromisoformat(long["expireTime"]) == expires


@pytest.mark.parametrize("changes", ["expired", "deleted", "emptied"])
def test_a_link_to_what_is_gone_leads_nowhere(stack, status, alice, job_id, changes):
    made = share(status, alice, job_id).json
    hashed = made["share"]["name"].rpartition("/")[2]
    job = stack.database.document(f"jobs/{job_id}")
    now = datetime.now(UTC)
    if changes == "expired":
        stack.database.document(f"shares/{hashed}").update({"expireTime": now})
    elif changes == "deleted":
        job.update({"deleteTime": now})
    else:
        job.collection("reports").document("pictures").delete()
    assert reason(opened(status, made["url"])) == "SHARE_NOT_FOUND"


@pytest.mark.parametrize("token", ["x", "A" * 32, "A" * 64, "a.b"])
def test_a_link_that_was_never_made_leads_nowhere(status, token):
    answer = status.get(f"/v1/shared/{token}")
    assert answer.status_code == 404
    assert reason(answer) in {"SHARE_NOT_FOUND", "ROUTE_NOT_FOUND"}


def test_a_link_opens_so_often_only(status, alice, job_id):
    made = share(status, alice, job_id).json
    answers = [opened(status, made["url"]) for _ in range(OPENINGS.burst + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {302}
    assert (answers[-1].status_code, reason(answers[-1])) == (429, "SHARE_THROTTLED")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_job_has_so_many_links_only(status, alice, job_id):
    made = [share(status, alice, job_id) for _ in range(MOST)]
    assert {answer.status_code for answer in made} == {201}
    assert reason(share(status, alice, job_id)) == "SHARES_EXHAUSTED"
    post(status, alice, f"/v1/{made[0].json['share']['name']}:revoke")
    assert share(status, alice, job_id).status_code == 201


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"picture": "report.html", "ttlSeconds": 59}, "INVALID_REQUEST"),
        ({"picture": "report.html", "ttlSeconds": 30 * 86400 + 1}, "INVALID_REQUEST"),
        ({"picture": 7}, "INVALID_REQUEST"),
        ({}, "INVALID_REQUEST"),
        ({"picture": "report.html", "token": "mine"}, "INVALID_REQUEST"),
        ({"picture": "../secret"}, "PICTURE_NOT_FOUND"),
    ],
)
def test_a_link_that_cannot_be_is_refused(status, alice, job_id, body, expected):
    assert reason(post(status, alice, f"/v1/jobs/{job_id}/shares", body)) == expected


def test_a_link_is_not_written_to_the_log(status, caplog):
    caplog.set_level("INFO")
    status.get("/v1/shared/" + "S" * 32)
    assert "SHARE_NOT_FOUND" in caplog.text
    assert "SSSS" not in caplog.text
