"""Asking for a job: what is made of it, what a repeat is answered, and who is refused with which reason."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from functions.upload.contract import CreatedJob
from shared.documents import from_document
from shared.http.bodies import decode
from shared.ledger import day_of
from shared.model.job import Job
from shared.model.states import State
from tests.apps import PHOTO, body_of, reason, running_stack
from tests.jwks import id_claims, rsa_key, signed


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


def create(upload, person, body=None, **headers):
    return upload.post("/v1/jobs", json=body or body_of(), headers={**person.headers, **headers})


def test_a_job_is_made_and_says_where_its_photo_goes(stack, upload, alice):
    answer = create(upload, alice)
    assert decode(answer.data, CreatedJob).job.uid == alice.uid
    job, uploads = answer.json["job"], answer.json["uploads"]
    job_id = job["name"].removeprefix("jobs/")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/jobs/{job_id}")
    assert (job["uid"], job["kind"]) == (alice.uid, "inspection")
    assert (job["state"], job["stage"], job["progress"]) == ("PENDING", "awaiting_upload", 0.0)
    assert "leaseOwner" not in job
    assert [(upload["image"], upload["method"]) for upload in uploads] == [(0, "PUT")]
    assert uploads[0]["url"].startswith(f"{stack.cloud.ports.url('storage')}/demo-loupe-uploads/normal/{job_id}/0?")
    assert uploads[0]["headers"] == {
        "content-type": "image/jpeg",
        "x-goog-content-length-range": f"{len(PHOTO)},{len(PHOTO)}",
        "x-goog-if-generation-match": "0",
        "x-goog-meta-traceparent": stack.database.document(f"jobs/{job_id}").get().to_dict()["trace"],
    }
    lifetime = datetime.fromisoformat(uploads[0]["expireTime"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < lifetime <= timedelta(minutes=15)


def test_the_document_is_what_was_answered(stack, upload, alice):
    body = body_of(priority="high", assetId="bridge-7", options={"text": False}, consent={"location": True})
    job_id = create(upload, alice, body).json["job"]["name"].removeprefix("jobs/")
    job = from_document(stack.database.document(f"jobs/{job_id}").get().to_dict(), Job)
    assert (job.uid, job.state, job.priority, job.asset_id) == (alice.uid, State.PENDING, "high", "bridge-7")
    assert (job.options, job.consent.location, job.images["0"].size) == ({"text": False}, True, len(PHOTO))
    assert job.expire_time - job.create_time == timedelta(days=30)


def test_nobody_is_served_without_a_token(upload):
    assert reason(upload.post("/v1/jobs", json=body_of())) == "TOKEN_MISSING"
    assert reason(upload.post("/v1/jobs/abcdefghij0123456789:sign")) == "TOKEN_MISSING"


def test_an_expired_token_is_refused(stack, upload):
    old = stack.keys.sign_token({**id_claims(), "exp": int(time.time()) - 60})
    answer = upload.post("/v1/jobs", json=body_of(), headers={"Authorization": f"Bearer {old}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_EXPIRED")


def test_a_forged_token_is_refused(upload):
    forged = signed(id_claims(), key=rsa_key(1), kid="loupe-local-issuer")
    answer = upload.post("/v1/jobs", json=body_of(), headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


def test_where_app_check_is_on_an_app_has_to_show_its_token(stack, alice):
    guarded = stack.upload(app_check_project_number="42", app_check_keys_url=stack.common["id_token_keys_url"])
    assert reason(create(guarded, alice)) == "APP_CHECK_MISSING"
    assert reason(create(guarded, alice, **{"X-Firebase-AppCheck": alice.token})) == "APP_CHECK_INVALID"
    claims = {"iss": "https://firebaseappcheck.googleapis.com/42", "aud": ["projects/42"], "sub": "1:42:web:1"}
    assert create(guarded, alice, **{"X-Firebase-AppCheck": stack.keys.sign_token(claims)}).status_code == 201


PHOTO_REQUEST = {"contentType": "image/jpeg", "size": 10}
REFUSED = {
    "an unknown kind": (body_of(kind="horoscope"), "KIND_UNKNOWN"),
    "no kind": ({"images": [PHOTO_REQUEST]}, "INVALID_REQUEST"),
    "no photo": (body_of(images=[]), "IMAGE_COUNT"),
    "too many photos": (body_of(images=[PHOTO_REQUEST] * 5), "IMAGE_COUNT"),
    "a type that is no photo": (body_of(images=[{"contentType": "text/html", "size": 10}]), "IMAGE_TYPE"),
    "a photo too large": (body_of(images=[{"contentType": "image/jpeg", "size": 10**9}]), "IMAGE_SIZE"),
    "an empty photo": (body_of(images=[{"contentType": "image/jpeg", "size": 0}]), "IMAGE_SIZE"),
    "a size in words": (body_of(images=[{"contentType": "image/jpeg", "size": "big"}]), "INVALID_REQUEST"),
    "an unknown field": (body_of(colour="red"), "INVALID_REQUEST"),
    "an unknown priority": (body_of(priority="urgent"), "INVALID_REQUEST"),
    "an unknown option": (body_of(options={"magic": True}), "OPTION_UNKNOWN"),
    "an option of another type": (body_of(options={"text": "no"}), "OPTION_INVALID"),
    "an unknown consent": (body_of(consent={"everything": True}), "INVALID_REQUEST"),
    "an asset that is a path": (body_of(assetId="../../users"), "INVALID_REQUEST"),
    "a key with spaces": (body_of(requestId="a b"), "IDEMPOTENCY_KEY_INVALID"),
    "a list": ([1, 2], "INVALID_REQUEST"),
}


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(upload, alice, body, expected):
    answer = create(upload, alice, body)
    assert (answer.status_code, reason(answer)) == (400, expected)


def test_a_refused_request_leaves_nothing_behind(stack, upload, alice):
    create(upload, alice, body_of(images=[]))
    assert stack.database.document(f"quotas/{alice.uid}").get().to_dict() is None
    assert stack.jobs_of(alice) == []


def test_an_operator_can_turn_a_kind_off(stack, alice):
    switches = stack.database.document("control/switches")
    switches.set({"kinds": {"inspection": False}})
    try:
        assert reason(create(stack.upload(), alice)) == "KIND_DISABLED"
    finally:
        switches.delete()
    assert create(stack.upload(), alice).status_code == 201


LESION = body_of(kind="skin_lesion")
ACKNOWLEDGED = "research-and-education-only"


def test_a_medical_kind_is_off_in_the_cloud_until_its_operator_answers_for_it(stack, alice):
    refused = create(stack.upload(k_service="upload"), alice, LESION)
    assert (refused.status_code, reason(refused)) == (400, "INTENDED_USE_NOT_ACKNOWLEDGED")
    assert "MEDICAL_INTENDED_USE_ACK" in refused.json["error"]["message"]
    assert stack.jobs_of(alice) == []
    answered_for = stack.upload(k_service="upload", medical_intended_use_ack=ACKNOWLEDGED)
    assert create(answered_for, alice, LESION).status_code == 201
    assert create(stack.upload(k_service="upload"), alice).status_code == 201  # other kinds are not concerned


def test_a_medical_kind_can_be_tried_out_locally(upload, alice):
    assert create(upload, alice, LESION).status_code == 201


@pytest.mark.parametrize(("count", "expected"), [(1, 201), (3, 201), (4, 400), (0, 400)])
def test_a_lesion_takes_one_to_three_photos(upload, alice, count, expected):
    answer = create(upload, alice, {**LESION, "images": LESION["images"] * count})
    assert answer.status_code == expected
    if expected == 400:
        assert reason(answer) == "IMAGE_COUNT"
        assert answer.json["error"]["details"][0]["metadata"] == {"min": "1", "max": "3", "given": str(count)}


@pytest.mark.parametrize("way", ["header", "body"])
def test_a_repeated_request_is_answered_with_the_first_job(upload, alice, way):
    headers = {"Idempotency-Key": "k-1"} if way == "header" else {}
    body = body_of() if way == "header" else body_of(requestId="k-2")
    first, again = create(upload, alice, body, **headers), create(upload, alice, body, **headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["job"] == again.json["job"]
    assert [upload["headers"] for upload in again.json["uploads"]] == [first.json["uploads"][0]["headers"]]


def test_how_a_request_is_spelled_does_not_matter_for_its_key(upload, alice):
    first = create(upload, alice, body_of(), **{"Idempotency-Key": "k"})
    images = b'[{"size":%d,"contentType":"image\\/jpeg"}]' % len(PHOTO)
    spelled = b'{ "images":%s,"priority":"normal", "kind":"inspection"}' % images
    headers = {**alice.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    again = upload.post("/v1/jobs", data=spelled, headers=headers)
    assert (again.status_code, again.json["job"]) == (200, first.json["job"])


def test_a_key_with_another_request_is_refused(upload, alice):
    create(upload, alice, body_of(), **{"Idempotency-Key": "k"})
    answer = create(upload, alice, body_of(priority="high"), **{"Idempotency-Key": "k"})
    assert (answer.status_code, reason(answer)) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_keys_of_two_people_are_two_keys(stack, upload, alice):
    first = create(upload, alice, **{"Idempotency-Key": "k"})
    other = create(upload, stack.sign_in(), **{"Idempotency-Key": "k"})
    assert (first.status_code, other.status_code) == (201, 201)


def test_a_replay_costs_no_quota(stack, alice):
    upload = stack.upload(quota_burst=1, quota_per_hour=1)
    first = create(upload, alice, **{"Idempotency-Key": "k"})
    again = create(upload, alice, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (201, 200)


def test_many_repeats_at_once_make_one_job(stack, upload, alice):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(create(upload, alice, **{"Idempotency-Key": "k"})))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json["job"]["name"] for answer in answers}) == 1
    assert len(stack.jobs_of(alice)) == 1


def test_who_has_sent_too_many_is_told_when_to_come_back(stack, alice):
    upload = stack.upload(quota_burst=2, quota_per_hour=60)
    assert [create(upload, alice).status_code for _ in range(2)] == [201, 201]
    answer = create(upload, alice)
    assert (answer.status_code, reason(answer)) == (429, "QUOTA_EXCEEDED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert create(upload, stack.sign_in()).status_code == 201


def test_batch_work_waits_when_the_days_money_is_nearly_gone(stack, upload, alice):
    day = stack.database.document(f"ledger/{day_of(datetime.now(UTC))}")
    day.set({"reserved": 1_000_000, "settled": 8_000_000})
    try:
        refused = create(upload, alice, body_of(priority="batch"))
        taken = create(upload, alice, body_of(priority="normal"))
    finally:
        day.delete()
    assert (refused.status_code, reason(refused)) == (429, "BUDGET_THROTTLED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 24 * 3600
    assert taken.status_code == 201
    assert create(upload, alice, body_of(priority="batch")).status_code == 201


def test_when_nobody_can_sign_no_job_is_made(stack, alice, monkeypatch):
    from google.oauth2.credentials import Credentials

    from shared.storage.credentials import IamSigning

    signing = IamSigning("nobody@p.iam.gserviceaccount.com", Credentials("t"), endpoint="http://127.0.0.1:1")
    monkeypatch.setattr("functions.upload.services.keyless", lambda _: signing)
    upload = stack.upload(signer_key_file="", signer_email="nobody@p.iam.gserviceaccount.com")
    answer = create(upload, alice)
    assert (answer.status_code, reason(answer), answer.headers["Retry-After"]) == (503, "SIGNING_UNAVAILABLE", "2")
    assert stack.jobs_of(alice) == []
    assert stack.database.document(f"quotas/{alice.uid}").get().to_dict() is None
    signing.close()
