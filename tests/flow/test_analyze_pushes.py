"""The push endpoint: who may call it, what it takes, and what a delivery that comes again changes."""

from __future__ import annotations

import base64
import json
import time

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1

from localcloud.keys import Keys
from loupe.client import photos, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database

SUBSCRIPTION = "projects/demo-loupe/subscriptions/analyze-normal"


@pytest.fixture(scope="module")
def documents(stack):
    client = database(stack.running)
    yield client
    client.close()


@pytest.fixture(scope="module")
def waiting(stack, samples):
    """A job whose photo has not been uploaded."""
    found = tuple(photos.find([samples["wall.webp"].path]))
    with stack.phone() as phone:
        job_id, _ = uploads.create(phone, Wanted(kind="inspection", photos=found))
    return job_id


@pytest.fixture(scope="module")
def finished(stack, samples, documents):
    """A job that is COMPLETED."""
    found = tuple(photos.find([samples["wall.webp"].path]))
    with stack.phone() as phone:
        job_id, places = uploads.create(phone, Wanted(kind="inspection", photos=found, options={"text": False}))
        with Watch(documents, phone, job_id) as changes:
            uploads.send(phone, job_id, places, found)
            assert list(changes.until_final(60))[-1].state == "COMPLETED"
    return job_id


@pytest.fixture(scope="module")
def token(stack):
    """Tokens as Pub/Sub's issuer signs them, with claims of one's own."""
    keys = Keys(stack.data / "keys")
    right = {
        "iss": "https://accounts.google.com",
        "aud": f"{stack.running.urls['analyze']}/",
        "sub": "1",
        "email": "pusher@demo-loupe.iam.gserviceaccount.com",
        "email_verified": True,
    }

    def sign(**claims: object) -> str:
        return keys.sign_token({**right, **claims})

    return sign


def finalize(job_id: str, *, generation: int = 1, **changes: str) -> dict:
    attributes = {
        "eventType": "OBJECT_FINALIZE",
        "bucketId": "demo-loupe-uploads",
        "objectId": f"normal/{job_id}/0",
        "objectGeneration": str(generation),
        **changes,
    }
    data = base64.b64encode(b'{"size": "1", "contentType": "image/webp"}').decode()
    return {"message": {"messageId": "1", "attributes": attributes, "data": data}, "subscription": SUBSCRIPTION}


@pytest.fixture(scope="module")
def push(stack):
    def send(envelope: dict | bytes, authorization: str | None, path: str = "/") -> httpx.Response:
        headers = {"Authorization": authorization} if authorization is not None else {}
        body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        return httpx.post(stack.running.urls["analyze"] + path, content=body, headers=headers, timeout=20)

    return send


def unsigned(claims: dict) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


FORGERIES = {
    "no token": lambda _: None,
    "no bearer": lambda token: token(),
    "garbage": lambda _: "Bearer x.y.z",
    "another audience": lambda token: f"Bearer {token(aud='https://elsewhere')}",
    "another account": lambda token: f"Bearer {token(email='thief@demo-loupe.iam.gserviceaccount.com')}",
    "an unverified account": lambda token: f"Bearer {token(email_verified=False)}",
    "another issuer": lambda token: f"Bearer {token(iss='https://securetoken.google.com/demo-loupe')}",
    "an expired token": lambda token: f"Bearer {token(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600)}",
    "a token without a signature": lambda _: f"Bearer {unsigned({'aud': 'x'})}",
    "a signature that was changed": lambda token: f"Bearer {token()[:-8]}AAAAAAAA",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_push_is_refused_and_changes_nothing(push, token, waiting, documents, forgery):
    before = documents.document(f"jobs/{waiting}").get()
    answer = push(finalize(waiting), FORGERIES[forgery](token))
    assert answer.status_code == 401
    assert answer.json()["error"]["details"][0]["reason"].startswith("PUSH_TOKEN_")
    assert documents.document(f"jobs/{waiting}").get().update_time == before.update_time


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"{}",
        b"[1, 2]",
        b"\xff\xfe",
        b'{"message": {"messageId": "1", "data": "not base64!"}, "subscription": "s"}',
        finalize("x" * 20, bucketId="somebody-elses"),
        finalize("x" * 20, objectId="derived/picture.jpg"),
        finalize("x" * 20, objectId="../../etc/passwd"),
        finalize("x" * 20, eventType="OBJECT_DELETE"),
        finalize("x" * 20, objectGeneration="not a number"),
        finalize("0" * 20),
    ],
    ids=lambda envelope: str(envelope)[:60],
)
def test_a_push_that_can_never_be_used_is_acknowledged(push, token, envelope):
    assert push(envelope, f"Bearer {token()}").status_code == 204


@pytest.mark.parametrize("path", ["/tasks", "/dead-letters"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_task_or_dead_letter_is_refused_and_changes_nothing(push, token, waiting, documents, forgery, path):
    before = documents.document(f"jobs/{waiting}").get()
    assert push(finalize(waiting), FORGERIES[forgery](token), path).status_code == 401
    assert documents.document(f"jobs/{waiting}").get().update_time == before.update_time


@pytest.mark.parametrize("path", ["/", "/tasks", "/dead-letters"])
@pytest.mark.parametrize("subscription", ["projects/demo-loupe/subscriptions/events-kept", "nonsense", ""])
def test_a_push_of_another_subscription_is_dropped(push, token, waiting, documents, path, subscription):
    before = documents.document(f"jobs/{waiting}").get()
    envelope = {**finalize(waiting), "subscription": subscription}
    assert push(envelope, f"Bearer {token()}", path).status_code == 204
    assert documents.document(f"jobs/{waiting}").get().update_time == before.update_time
    assert not documents.collection("deadLetters").get()


@pytest.mark.parametrize("path", ["/", "/tasks", "/dead-letters"])
def test_a_push_that_is_too_large_is_dropped_and_does_not_come_again(push, token, path):
    assert push(b"x" * (1024 * 1024 + 1), f"Bearer {token()}", path).status_code == 204


def test_a_push_of_a_photo_that_does_not_exist_fails_the_job_with_a_reason(push, token, stack, samples, documents):
    found = tuple(photos.find([samples["wall.webp"].path]))
    with stack.phone() as phone:
        job_id, _ = uploads.create(phone, Wanted(kind="inspection", photos=found))
    assert push(finalize(job_id, generation=7), f"Bearer {token()}").status_code == 204
    job = documents.document(f"jobs/{job_id}").get().to_dict()
    assert (job["state"], job["error"]["reason"]) == ("FAILED", "PHOTO_GONE")


def test_a_delivery_that_comes_again_changes_nothing(push, token, finished, documents):
    before = documents.document(f"jobs/{finished}").get()
    generation = before.to_dict()["images"]["0"]["generation"]
    for _ in range(3):
        assert push(finalize(finished, generation=generation), f"Bearer {token()}").status_code == 204
    assert documents.document(f"jobs/{finished}").get().update_time == before.update_time


def test_the_end_of_a_job_reaches_the_events_topic_under_its_own_id(stack, finished):
    address = stack.running.ports.address("pubsub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", address)
        subscriber = pubsub_v1.SubscriberClient(credentials=AnonymousCredentials())
        kept = subscriber.subscription_path(stack.running.project, "events-kept")
        deadline = time.monotonic() + 10
        found: list = []
        while time.monotonic() < deadline and not found:
            pulled = subscriber.pull(subscription=kept, max_messages=100, timeout=5)
            found = [
                received.message
                for received in pulled.received_messages
                if received.message.attributes["eventId"] == f"{finished}:1:completed"
            ]
        subscriber.close()
    # At least once: whoever receives it knows a second one by its id.
    assert len({(message.data, message.attributes["ce-id"]) for message in found}) == 1
    assert found[0].attributes["ce-type"] == "dev.loupe.job.v1.completed"
    assert json.loads(found[0].data)["name"] == f"jobs/{finished}"


def test_the_health_check_answers_without_a_token(stack):
    answer = httpx.get(f"{stack.running.urls['analyze']}/healthz")
    assert (answer.status_code, answer.json()["function"]) == (200, "analyze")
