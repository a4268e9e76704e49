"""A push is Pub/Sub's own, and an app is ours, or they are refused."""

from __future__ import annotations

import time

import pytest

from shared.auth.appcheck import verify_app_check
from shared.auth.keys import KeySet
from shared.auth.push import verify_push_token
from shared.errors import Unauthenticated
from tests.jwks import rsa_key, signed

AUDIENCE = "http://127.0.0.1:5003/"
PUSHER = "pusher@demo-loupe.iam.gserviceaccount.com"


def push_claims(**changes):
    now = int(time.time())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "sub": "1234",
        "email": PUSHER,
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
    }
    return {**claims, **changes}


def app_claims(**changes):
    now = int(time.time())
    claims = {
        "iss": "https://firebaseappcheck.googleapis.com/42",
        "aud": ["projects/42", "projects/demo-loupe"],
        "sub": "1:42:android:abc",
        "iat": now,
        "exp": now + 3600,
    }
    return {**claims, **changes}


@pytest.fixture
def keys(issuer):
    return KeySet(issuer.url)


def push_refusal(keys, header):
    with pytest.raises(Unauthenticated) as refused:
        verify_push_token(header, keys=keys, audience=AUDIENCE, email=PUSHER)
    return refused.value.reason


@pytest.mark.parametrize("iss", ["https://accounts.google.com", "accounts.google.com"])
def test_pubsubs_own_token_is_accepted(keys, iss):
    verify_push_token(f"Bearer {signed(push_claims(iss=iss))}", keys=keys, audience=AUDIENCE, email=PUSHER)


def test_a_push_without_a_token_is_refused(keys):
    assert push_refusal(keys, None) == "PUSH_TOKEN_MISSING"


def test_an_old_push_token_is_refused(keys):
    past = int(time.time()) - 60
    assert push_refusal(keys, f"Bearer {signed(push_claims(exp=past))}") == "PUSH_TOKEN_EXPIRED"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://accounts.google.com.evil.example"},
        {"aud": "http://127.0.0.1:5003/other"},
        {"email": "someone@demo-loupe.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"exp": None},
    ],
    ids=str,
)
def test_a_forged_push_token_is_refused(keys, changes):
    assert push_refusal(keys, f"Bearer {signed(push_claims(**changes))}") == "PUSH_TOKEN_INVALID"


def test_a_push_token_of_another_key_is_refused(keys):
    assert push_refusal(keys, f"Bearer {signed(push_claims(), key=rsa_key(1))}") == "PUSH_TOKEN_INVALID"


def test_an_app_of_ours_is_named(keys):
    assert verify_app_check(signed(app_claims()), keys=keys, project_number="42") == "1:42:android:abc"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "APP_CHECK_MISSING"),
        ("junk", "APP_CHECK_INVALID"),
        (app_claims(iss="https://firebaseappcheck.googleapis.com/43"), "APP_CHECK_INVALID"),
        (app_claims(aud=["projects/43"]), "APP_CHECK_INVALID"),
        (app_claims(sub=None), "APP_CHECK_INVALID"),
        (app_claims(exp=1), "APP_CHECK_EXPIRED"),
    ],
    ids=str,
)
def test_any_other_app_is_refused(keys, token, reason):
    token = signed(token) if isinstance(token, dict) else token
    with pytest.raises(Unauthenticated) as refused:
        verify_app_check(token, keys=keys, project_number="42")
    assert refused.value.reason == reason
