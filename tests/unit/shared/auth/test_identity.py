"""An ID token is believed only if all of it holds."""

from __future__ import annotations

import time

import jwt
import pytest

from shared.auth.identity import Caller, verify_id_token
from shared.auth.keys import KeySet
from shared.errors import Unauthenticated, Unavailable
from tests.jwks import PROJECT, id_claims, rsa_key, signed


@pytest.fixture
def verify(issuer):
    keys = KeySet(issuer.url)
    return lambda header: verify_id_token(header, keys=keys, project=PROJECT)


def refusal(verify, header):
    with pytest.raises(Unauthenticated) as refused:
        verify(header)
    return refused.value.reason


def test_a_good_token_says_who_is_asking(verify):
    caller = verify(f"Bearer {signed(id_claims('alice'))}")
    assert (caller.uid, caller.anonymous, caller.provider, caller.email) == ("alice", True, "anonymous", None)
    assert isinstance(caller, Caller)


def test_an_account_with_a_password_is_not_anonymous(verify):
    claims = id_claims(email="a@example.org", firebase={"sign_in_provider": "password", "identities": {}})
    caller = verify(f"bearer {signed(claims)}")
    assert (caller.anonymous, caller.provider, caller.email) == (False, "password", "a@example.org")


@pytest.mark.parametrize("header", [None, ""])
def test_without_a_token_the_caller_is_asked_to_sign_in(verify, header):
    assert refusal(verify, header) == "TOKEN_MISSING"


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "Bearer ", "x", "Bearer a.b.c", "Bearer é", "Bearer " + "x" * 9000]
)
def test_what_is_no_token_is_refused(verify, header):
    assert refusal(verify, header) == "TOKEN_INVALID"


def test_an_expired_token_is_told_apart(verify):
    past = int(time.time()) - 3600
    assert refusal(verify, f"Bearer {signed(id_claims(iat=past - 10, exp=past))}") == "TOKEN_EXPIRED"


def test_clocks_may_differ_by_a_few_seconds(verify):
    now = int(time.time())
    assert verify(f"Bearer {signed(id_claims(iat=now + 5, auth_time=now + 5))}").uid == "alice"
    assert verify(f"Bearer {signed(id_claims(iat=now - 60, exp=now - 5))}").uid == "alice"


FUTURE = int(time.time()) + 3600


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://securetoken.google.com/another-project"},
        {"iss": None},
        {"aud": "another-project"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 129},
        {"sub": "a/b"},
        {"sub": ".."},
        {"sub": "__name__"},
        {"sub": 7},
        {"iat": None},
        {"iat": FUTURE},
        {"exp": None},
        {"exp": "soon"},
        {"auth_time": None},
        {"auth_time": FUTURE},
        {"auth_time": 1e300},
        {"auth_time": "yesterday"},
        {"firebase": "anonymous"},
    ],
    ids=str,
)
def test_a_claim_that_does_not_hold_makes_the_token_invalid(verify, changes):
    assert refusal(verify, f"Bearer {signed(id_claims(**changes))}") == "TOKEN_INVALID"


def test_a_forged_signature_is_refused(verify):
    assert refusal(verify, f"Bearer {signed(id_claims(), key=rsa_key(1))}") == "TOKEN_INVALID"


def test_changed_claims_are_refused(verify):
    head, _, signature = signed(id_claims("alice")).split(".")
    claims = signed(id_claims("mallory")).split(".")[1]
    assert refusal(verify, f"Bearer {head}.{claims}.{signature}") == "TOKEN_INVALID"


def test_an_unsigned_token_is_refused(verify):
    token = jwt.encode(id_claims(), None, "none", headers={"kid": "k1"})
    assert refusal(verify, f"Bearer {token}") == "TOKEN_INVALID"


def test_a_token_signed_with_a_shared_secret_is_refused(verify):
    token = signed(id_claims(), key="a secret that is as long as it has to be", algorithm="HS256")
    assert refusal(verify, f"Bearer {token}") == "TOKEN_INVALID"


@pytest.mark.parametrize("kid", ["unknown", "", "../../etc/passwd"])
def test_an_unknown_key_is_refused(verify, kid):
    assert refusal(verify, f"Bearer {signed(id_claims(), kid=kid)}") == "TOKEN_INVALID"


def test_a_token_that_names_no_key_is_refused(verify):
    assert refusal(verify, f"Bearer {jwt.encode(id_claims(), rsa_key(), 'RS256')}") == "TOKEN_INVALID"


def test_when_the_keys_cannot_be_had_the_answer_is_to_try_again(issuer):
    issuer.status = 500
    with pytest.raises(Unavailable, match="KEYS_UNREACHABLE"):
        verify_id_token(f"Bearer {signed(id_claims())}", keys=KeySet(issuer.url), project=PROJECT)
