"""V4 signatures without a wire: made by Google's library, verified at any time we like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from google.cloud.storage._signing import generate_signed_url_v4
from google.oauth2 import service_account
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.keys import SIGNER_EMAIL, Keys
from localcloud.storage.errors import Refusal
from localcloud.storage.signatures import Received, Signer, verified

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signed(keys):
    """A request as it would arrive, signed for ten minutes."""
    credentials = service_account.Credentials.from_service_account_file(keys.service_account_file)

    def make(method="PUT", path="/photos/o", headers=None, **options) -> Received:
        url = generate_signed_url_v4(
            credentials,
            resource=path,
            expiration=600,
            api_access_endpoint="http://127.0.0.1:9199",
            method=method,
            headers=dict(headers or {}),
            _request_timestamp=f"{NOW:%Y%m%dT%H%M%SZ}",
            **options,
        )
        parts = urlsplit(url)
        sent = [("host", parts.netloc), *((name.lower(), value) for name, value in (headers or {}).items())]
        return Received(method=method, path=parts.path, query=parts.query, headers=sent)

    return make


@pytest.fixture(scope="module")
def outcome(keys):
    signer = Signer(email=SIGNER_EMAIL, key=keys.signer_public_key())

    def find(received: Received, now: datetime = NOW) -> str:
        try:
            verified(received, signer, now)
        except Refusal as refusal:
            return refusal.kind.code
        return "ok"

    return find


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (0, "ok"),
        (600, "ok"),
        (601, "ExpiredToken"),
        (-900, "ok"),
        (-901, "RequestTimeTooSkewed"),
        (10**7, "ExpiredToken"),
    ],
)
def test_a_signature_holds_from_a_little_before_to_its_end(signed, outcome, shift, expected):
    assert outcome(signed(), NOW + timedelta(seconds=shift)) == expected


def test_white_space_and_repeats_in_headers_mean_what_the_rules_say(signed, outcome):
    request = signed(headers={"x-goog-meta-a": "one  two", "x-goog-meta-b": "1,2"})
    host = request.headers[0]
    for headers in (
        [host, ("x-goog-meta-a", "one two"), ("x-goog-meta-b", "1,2")],
        [host, ("x-goog-meta-b", "1"), ("x-goog-meta-a", " one   two "), ("x-goog-meta-b", "2")],
    ):
        again = Received(method="PUT", path=request.path, query=request.query, headers=headers)
        assert outcome(again) == "ok"
    swapped = [host, ("x-goog-meta-a", "one two"), ("x-goog-meta-b", "2"), ("x-goog-meta-b", "1")]
    again = Received(method="PUT", path=request.path, query=request.query, headers=swapped)
    assert outcome(again) == "SignatureDoesNotMatch"


def test_the_host_counts_with_and_without_its_port_but_no_other(signed, outcome):
    request = signed()
    for host, expected in (
        ("127.0.0.1:9199", "ok"),
        ("127.0.0.1", "SignatureDoesNotMatch"),
        ("127.0.0.1:1", "SignatureDoesNotMatch"),
        ("localhost:9199", "SignatureDoesNotMatch"),
    ):
        again = Received(method="PUT", path=request.path, query=request.query, headers=[("host", host)])
        assert outcome(again) == expected
    without = Received(method="PUT", path=request.path, query=request.query, headers=[])
    assert outcome(without) == "MalformedSecurityHeader"


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_object_name_and_any_parameter_can_be_signed(signed, outcome, text):
    request = signed(path=f"/photos/{quote(text, safe='/~')}", query_parameters={"custom": text})
    assert outcome(request) == "ok"
    other = Received(method="PUT", path=f"{request.path}x", query=request.query, headers=request.headers)
    assert outcome(other) == "SignatureDoesNotMatch"


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 511), digit=st.sampled_from("0123456789abcdef"))
def test_no_other_signature_is_taken(signed, outcome, at, digit):
    request = signed()
    head, _, signature = request.query.rpartition("=")
    changed = signature[:at] + digit + signature[at + 1 :]
    if changed != signature:
        again = Received(method="PUT", path=request.path, query=f"{head}={changed}", headers=request.headers)
        assert outcome(again) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("names", ["host;host", "Host", "host;", ";host", "", "host; x"])
def test_signed_headers_are_a_list_of_different_names(signed, outcome, names):
    request = signed()
    query = request.query.replace("SignedHeaders=host", f"SignedHeaders={quote(names)}")
    again = Received(method="PUT", path=request.path, query=query, headers=request.headers)
    assert outcome(again) == "MalformedSecurityHeader"
