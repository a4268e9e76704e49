"""The rules over HTTP: what is told, what is refused, and what can be broken."""

from __future__ import annotations

import pytest

from localcloud.faults.calls import CALLS
from localcloud.faults.effects import Drop, Duplicate, Error, Span

RULE = {"call": "firestore.Commit", "effect": {"kind": "error", "code": "UNAVAILABLE"}}


@pytest.fixture
def post(faults, http):
    return lambda body, **headers: http.post(f"{faults.url}/faults", json=body, headers=headers, timeout=5)


def test_a_rule_is_told_as_it_was_given_with_its_counters(faults, post):
    whole = {
        **RULE,
        "delayMs": [10, 20],
        "applied": True,
        "p": 0.5,
        "count": 3,
        "after": 2,
        "seed": 7,
        "match": {"document": "jobs/"},
    }
    answer = post(whole)
    assert answer.status_code == 201
    told = answer.json()
    assert told["rule"] == whole
    assert (told["seen"], told["hits"]) == (0, 0)
    assert faults.all() == [told]


def test_rules_are_removed_one_by_one_or_all_together(faults):
    first = faults.add("firestore.Commit", Drop())
    second = faults.add("pubsub.push", Duplicate())
    faults.add("storage.*", delay_ms=Span(1, 2))
    faults.remove(second)
    assert faults.all()[0]["id"] == first
    assert len(faults.all()) == 2
    assert faults.clear() == 2
    assert faults.all() == []


def test_a_rule_that_is_not_there_cannot_be_removed(faults, http):
    there = faults.add("firestore.Commit", Drop())
    answer = http.delete(f"{faults.url}/faults/f0", timeout=5)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"There is no fault f0. In force: {there}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"call": "firestore.Comit"}, "Did you mean firestore.Commit"),
        ({"call": "pubsub.publish"}, "Did you mean pubsub.Publish"),
        ({"call": "storage.*media*x"}, "There is no call"),
        ({"call": ""}, "length >= 1"),
        ({"call": "x" * 201}, "length <= 200"),
        ({"call": 5}, "Expected `str`"),
        ({"effect": None}, "nothing that is to happen"),
        ({"effect": {"kind": "explode"}}, "Invalid value 'explode'"),
        ({"effect": {"kind": "error", "code": "UNAVAILIBLE"}}, "There is no code UNAVAILIBLE"),
        ({"effect": {"kind": "error", "code": 200}}, "There is no code 200"),
        ({"effect": {"kind": "error"}}, "missing required field `code`"),
        ({"effect": {"kind": "truncate"}}, "firestore.Commit cannot take truncate. It can take: delay, drop"),
        ({"effect": {"kind": "hang", "foo": 1}}, "unknown field `foo`"),
        ({"effect": {"kind": "malformed"}, "applied": True}, "malformed cannot be applied"),
        ({"call": "pubsub.Publish", "effect": {"kind": "duplicate"}}, "cannot take duplicate same"),
        ({"call": "pubsub.push", "effect": {"kind": "duplicate", "copies": 0}}, "`int` >= 1"),
        ({"call": "pubsub.push", "effect": {"kind": "reorder", "window": 1}}, "`int` >= 2"),
        ({"call": "auth.clock"}, "auth.clock cannot take error. It can take: skew"),
        ({"call": "auth.clock", "effect": {"kind": "skew", "seconds": [2, 1]}}, "from low to high"),
        ({"delayMs": [-1, 5]}, "A delay is 0 to 600000 ms long"),
        ({"delayMs": [0, 1e9]}, "A delay is 0 to 600000 ms long"),
        ({"delayMs": 5}, "Expected `array | null`, got `int`"),
        ({"p": 0}, "> 0"),
        ({"p": 1.5}, "<= 1"),
        ({"count": 0}, ">= 1"),
        ({"after": -1}, ">= 0"),
        ({"match": {"bucket": "x"}}, "no such details as bucket. These are: document"),
        ({"call": "firestore.Listen", "match": {"document": "x"}}, "It has none"),
        ({"unknown": 1}, "unknown field `unknown`"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_there_is(faults, post, changes, said):
    answer = post({**RULE, **changes})
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert said in answer.json()["error"]["message"]
    assert faults.all() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"call":"a' + b"*" * 50_000 + b'"}'],
    ids=len,
)
def test_a_body_that_is_no_rule_is_refused(faults, http, body):
    answer = http.post(f"{faults.url}/faults", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused(faults, http):
    assert http.post(f"{faults.url}/faults", data=b" " * 70_000, timeout=5).status_code == 413


def test_there_is_an_end_to_the_number_of_rules(post):
    for _ in range(1000):
        assert post(RULE).status_code == 201
    refused = post(RULE)
    assert refused.status_code == 400
    assert "remove some" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:4000", 201),
        ("http://127.0.0.1:4000", 201),
        ("http://[::1]:4000", 201),
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_pages_of_other_hosts_cannot_break_anything(post, origin, status):
    assert post(RULE, Origin=origin).status_code == status


def test_a_rule_for_all_calls_of_the_auth_service_does_not_lock_anybody_out(faults):
    faults.add("auth.*", Drop())
    assert faults.clear() == 1


def test_every_call_that_the_edge_has_seen_is_in_the_table(faults):
    """The answer has both, the calls of the table and those that came."""
    assert faults.calls().keys() == CALLS.keys()


def test_calls_are_told_with_what_they_can_take(faults):
    push = faults.calls()["pubsub.push"]
    assert push["details"] == ["subscription"]
    assert "duplicate new" in push["effects"]
    assert "truncate" not in push["effects"]


def test_a_glob_reaches_only_calls_that_can_take_the_effect(faults):
    faults.add("*", Error(code=503), count=1)
    assert faults.all()[0]["seen"] == 0
