"""Which addresses, claims and token bodies are accepted, whatever comes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.auth.claims import MAX_LENGTH, RESERVED, parse_claims
from localcloud.auth.refusal import Refused
from localcloud.auth.tokens import Tokens
from localcloud.auth.users import checked_email, new_uid
from localcloud.keys import Keys

CLAIMS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in RESERVED),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.lists(st.text(max_size=4)),
    max_size=5,
)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    return Tokens(Keys(tmp_path_factory.mktemp("keys")))


@pytest.mark.parametrize("email", ["a@b", "Ada.Lovelace+1@Example.Com", "ä@ö.example"])
def test_an_address_is_compared_in_lower_case(email):
    assert checked_email(email) == checked_email(email.upper()) == email.lower()


@pytest.mark.parametrize("email", ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a" * 65 + "@b"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(Refused, match="INVALID_EMAIL"):
        checked_email(email)


@given(st.text())
def test_any_text_is_either_claims_or_refused(text):
    with contextlib.suppress(Refused):
        assert isinstance(parse_claims(text), dict)


@given(CLAIMS)
def test_claims_are_read_as_they_were_written(claims):
    text = json.dumps(claims)
    if len(text) <= MAX_LENGTH:
        assert parse_claims(text) == claims
    else:
        with pytest.raises(Refused, match="CLAIMS_TOO_LARGE"):
            parse_claims(text)


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_claims_are_refused(name):
    with pytest.raises(Refused, match=f"FORBIDDEN_CLAIM : {name}"):
        parse_claims(json.dumps({name: 1}))


@given(token=st.text() | st.builds("{}.{}.{}".format, st.text(max_size=20), st.text(max_size=20), st.text(max_size=5)))
def test_any_text_that_is_no_token_is_refused(tokens, token):
    with pytest.raises(Refused, match="INVALID_ID_TOKEN"):
        tokens.read_id_token(token, "demo-loupe")
    with pytest.raises(Refused, match="INVALID_CUSTOM_TOKEN"):
        tokens.read_custom_token(token)


def test_user_ids_look_like_firebases():
    uids = {new_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(len(uid) == 28 and uid.isalnum() for uid in uids)
