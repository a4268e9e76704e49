"""Cross-origin rules."""

from __future__ import annotations

from localcloud.storage.buckets import CorsRule
from localcloud.storage.cors import EVERYBODY, LOCAL_DEFAULT, exposed, preflight

A, B = "https://a.example", "https://b.example"
RULES = (
    CorsRule(origin=[A], method=["PUT"], response_header=["Content-Type"], max_age_seconds=9),
    CorsRule(origin=["*"], method=["GET"]),
)


def test_the_first_rule_that_admits_origin_method_and_headers_answers():
    told = preflight(RULES, A, "PUT", ["CONTENT-TYPE"])
    assert told["access-control-allow-origin"] == A
    assert told["access-control-max-age"] == "9"
    assert preflight(RULES, B, "GET", [])["access-control-allow-origin"] == "*"


def test_nothing_is_told_outside_the_rules():
    assert preflight(RULES, B, "PUT", []) == {}
    assert preflight(RULES, A, "PUT", ["x-other"]) == {}
    assert preflight(RULES, A, "DELETE", []) == {}
    assert exposed(RULES, B, "PUT") == exposed((), A, "GET") == {}


def test_local_buckets_admit_what_a_signed_upload_sends():
    headers = ["content-type", "x-goog-content-length-range", "x-goog-if-generation-match"]
    assert preflight(LOCAL_DEFAULT, B, "PUT", headers)["access-control-allow-origin"] == "*"
    assert "x-goog-generation" in exposed(LOCAL_DEFAULT, B, "PUT")["access-control-expose-headers"]


def test_everybody_may_use_the_json_api():
    told = preflight(EVERYBODY, B, "PATCH", ["x-any"])
    assert (told["access-control-allow-methods"], told["access-control-allow-headers"]) == ("PATCH", "x-any")
