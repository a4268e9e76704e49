"""A signed place takes exactly the photo it was signed for, once; and the job stays usable when it did not."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from msgspec.structs import replace

from shared.model.job import JobImage
from shared.model.states import ImageState, State
from tests.apps import PHOTO, body_of, read_object, reason, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def upload(stack):
    return stack.upload()


@pytest.fixture
def alice(stack):
    return stack.sign_in()


@pytest.fixture
def created(upload, alice):
    return upload.post("/v1/jobs", json=body_of(), headers=alice.headers).json


def put(place, data=PHOTO, url=None, **headers):
    return requests.put(url or place["url"], data=data, headers={**place["headers"], **headers}, timeout=5)


def sign(upload, person, created):
    return upload.post(f"/v1/{created['job']['name']}:sign", headers=person.headers)


def test_the_photo_goes_where_it_was_told(created):
    assert put(created["uploads"][0]).status_code == 200
    job_id = created["job"]["name"].removeprefix("jobs/")
    assert read_object("demo-loupe-uploads", f"normal/{job_id}/0") == (PHOTO, "image/jpeg")


TAMPERED = {
    "another type": {"content-type": "image/png"},
    "a wider range": {"x-goog-content-length-range": "0,1000000"},
    "leave to overwrite": {"x-goog-if-generation-match": "1"},
}


@pytest.mark.parametrize("headers", TAMPERED.values(), ids=TAMPERED)
def test_other_headers_than_signed_are_refused(created, headers):
    assert put(created["uploads"][0], **headers).status_code == 403


@pytest.mark.parametrize(
    "name", ["content-type", "x-goog-content-length-range", "x-goog-if-generation-match", "x-goog-meta-traceparent"]
)
def test_a_signed_header_that_is_missing_is_refused(created, name):
    place = created["uploads"][0]
    headers = {key: value for key, value in place["headers"].items() if key != name}
    assert requests.put(place["url"], data=PHOTO, headers=headers, timeout=5).status_code in (400, 403)


@pytest.mark.parametrize("data", [PHOTO + b"!", PHOTO[:-1], b""], ids=["longer", "shorter", "empty"])
def test_another_size_than_signed_is_refused(created, data):
    assert put(created["uploads"][0], data=data).status_code == 400


@pytest.mark.parametrize(("old", "new"), [("/0?", "/1?"), ("normal/", "high/"), ("Expires=900", "Expires=9000")])
def test_another_address_than_signed_is_refused(created, old, new):
    place = created["uploads"][0]
    assert old in place["url"]
    assert put(place, url=place["url"].replace(old, new)).status_code == 403


def test_a_second_put_to_the_same_url_is_refused(created):
    assert put(created["uploads"][0]).status_code == 200
    assert put(created["uploads"][0]).status_code == 412


def test_an_expired_url_is_refused_and_the_job_goes_on_with_a_fresh_one(stack, upload, alice):
    brief = stack.upload(url_lifetime=timedelta(seconds=1))
    created = brief.post("/v1/jobs", json=body_of(), headers=alice.headers).json
    expired = datetime.fromisoformat(created["uploads"][0]["expireTime"])
    time.sleep(max(0.0, (expired - datetime.now(UTC)).total_seconds() + 0.1))
    refused = put(created["uploads"][0])
    assert (refused.status_code, "Expired" in refused.text) == (400, True)
    assert put(sign(upload, alice, created).json["uploads"][0]).status_code == 200


def test_a_photo_that_was_refused_can_be_sent_with_a_fresh_url(upload, alice, created):
    assert put(created["uploads"][0], data=b"wrong").status_code == 400
    fresh = sign(upload, alice, created)
    assert fresh.status_code == 200
    assert put(fresh.json["uploads"][0]).status_code == 200


def test_only_photos_that_have_not_arrived_are_signed_again(stack, upload, alice):
    image = JobImage(content_type="image/jpeg", size=9)
    arrived = replace(image, state=ImageState.ARRIVED, generation=7)
    job_id = stack.add_job(alice.uid, images={"0": arrived, "1": image, "2": arrived, "10": image})
    uploads = upload.post(f"/v1/jobs/{job_id}:sign", headers=alice.headers).json["uploads"]
    assert [each["image"] for each in uploads] == [1, 10]
    assert uploads[1]["headers"]["x-goog-content-length-range"] == "9,9"


@pytest.mark.parametrize("state", [State.PROCESSING, State.COMPLETED, State.FAILED, State.CANCELLED])
def test_a_job_that_has_begun_takes_no_more_photos(stack, upload, alice, state):
    job_id = stack.add_job(alice.uid, state=state)
    answer = upload.post(f"/v1/jobs/{job_id}:sign", headers=alice.headers)
    assert (answer.status_code, reason(answer)) == (400, "JOB_NOT_PENDING")
    assert answer.json["error"]["status"] == "FAILED_PRECONDITION"


def test_the_replay_of_a_job_that_has_begun_signs_nothing(stack, upload, alice):
    headers = {**alice.headers, "Idempotency-Key": "k"}
    created = upload.post("/v1/jobs", json=body_of(), headers=headers).json
    stack.database.document(created["job"]["name"]).update({"state": "COMPLETED"})
    again = upload.post("/v1/jobs", json=body_of(), headers=headers)
    assert (again.status_code, again.json["job"]["state"], again.json["uploads"]) == (200, "COMPLETED", [])


def test_a_strangers_job_is_not_found(stack, upload, created):
    answer = sign(upload, stack.sign_in(), created)
    assert (answer.status_code, reason(answer)) == (404, "JOB_NOT_FOUND")


def test_an_expired_job_is_not_found(stack, upload, alice):
    job_id = stack.add_job(alice.uid, create_time=datetime.now(UTC) - timedelta(days=31))
    answer = upload.post(f"/v1/jobs/{job_id}:sign", headers=alice.headers)
    assert (answer.status_code, reason(answer)) == (404, "JOB_NOT_FOUND")


@pytest.mark.parametrize("job_id", ["abcdefghij0123456789", "x", "A" * 64, "__name__"])
def test_a_job_that_never_was_is_not_found(upload, alice, job_id):
    answer = upload.post(f"/v1/jobs/{job_id}:sign", headers=alice.headers)
    assert (answer.status_code, reason(answer)) == (404, "JOB_NOT_FOUND")
