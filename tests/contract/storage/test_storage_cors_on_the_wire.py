"""What a browser gets told, also when things go wrong."""

from __future__ import annotations

import pytest

PAGE = "https://app.example"


@pytest.fixture
def open_bucket(bucket):
    bucket.cors = [
        {"origin": [PAGE], "method": ["PUT"], "responseHeader": ["Content-Type", "x-goog-generation"]},
        {"origin": ["*"], "method": ["GET"], "responseHeader": [], "maxAgeSeconds": 5},
    ]
    bucket.patch()
    return bucket


def ask(http, url: str, method: str, *headers: str, origin: str = PAGE):
    asked = {"origin": origin, "access-control-request-method": method}
    if headers:
        asked["access-control-request-headers"] = ",".join(headers)
    return http.options(url, headers=asked)


def test_a_preflight_is_answered_by_the_rules_of_the_bucket(http, base, open_bucket):
    url = f"{base}/{open_bucket.name}/o"
    answer = ask(http, url, "PUT", "content-type", "X-Goog-Generation")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert "Content-Type" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "3600"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("method", "headers", "origin"),
    [("PUT", ["content-type"], "https://evil.example"), ("DELETE", [], PAGE), ("PUT", ["x-goog-acl"], PAGE)],
)
def test_a_preflight_outside_the_rules_gets_no_permission(http, base, open_bucket, method, headers, origin):
    answer = ask(http, f"{base}/{open_bucket.name}/o", method, *headers, origin=origin)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.usefixtures("open_bucket")
def test_answers_and_refusals_can_be_read_by_the_page(http, sign):
    url = sign("o")
    stored = http.put(url, data=b"x", headers={"origin": PAGE})
    refused = http.put(url + "0", data=b"x", headers={"origin": PAGE})
    assert (stored.status_code, refused.status_code) == (200, 400)
    for answer in (stored, refused):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "x-goog-generation" in answer.headers["access-control-expose-headers"]
    stranger = http.put(url, data=b"x", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_a_bucket_without_rules_lets_no_page_in(http, base, bucket):
    assert "access-control-allow-origin" not in ask(http, f"{base}/{bucket.name}/o", "GET").headers


def test_the_json_api_lets_every_page_in(http, base, bucket):
    url = f"{base}/storage/v1/b/{bucket.name}/o/missing"
    answer = ask(http, url, "PATCH", "authorization", "x-anything")
    assert answer.headers["access-control-allow-methods"] == "PATCH"
    assert answer.headers["access-control-allow-headers"] == "authorization, x-anything"
    assert http.get(url, headers={"origin": PAGE}).headers["access-control-allow-origin"] == "*"
