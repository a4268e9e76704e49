"""`loupe faults` against a running local cloud."""

from __future__ import annotations

import json

import pytest
from google.api_core import exceptions

UNAVAILABLE = ("firestore.Commit", "--code", "UNAVAILABLE", "--applied")


def test_a_rule_that_is_added_is_in_force_and_listed_with_its_hits(run_loupe, jobs):
    code, shown, _ = run_loupe("add", *UNAVAILABLE, "--count", "1")
    assert code == 0
    assert "error (UNAVAILABLE), after its effect" in shown
    with pytest.raises(exceptions.ServiceUnavailable):
        jobs.document("a").set({"n": 1}, retry=None)
    assert jobs.document("a").get().exists
    jobs.document("b").set({"n": 1}, retry=None)
    _, listed, _ = run_loupe("list")
    assert "firestore.Commit" in listed
    assert listed.rstrip().endswith("2     1")


def test_every_option_gets_into_the_rule(run_loupe, faults):
    options = ("--p", "0.1", "--seed", "7", "--count", "3", "--after", "2", "--delay", "100ms..2s")
    code, out, _ = run_loupe("add", *UNAVAILABLE, *options, "--match", "document=jobs/", "--json")
    assert code == 0
    assert json.loads(out)["rule"] == {
        "call": "firestore.Commit",
        "effect": {"kind": "error", "code": "UNAVAILABLE"},
        "delayMs": [100, 2000],
        "applied": True,
        "p": 0.1,
        "count": 3,
        "after": 2,
        "seed": 7,
        "match": {"document": "jobs/"},
    }
    assert faults.all() == [json.loads(out)]


@pytest.mark.parametrize(
    ("call", "options", "effect"),
    [
        ("storage.xml.put", ["--hang"], {"kind": "hang"}),
        ("storage.xml.put", ["--drop"], {"kind": "drop"}),
        ("storage.xml.put", ["--code", "503"], {"kind": "error", "code": "503"}),
        (
            "storage.objects.media",
            ["--truncate", "0.3", "--silent"],
            {"kind": "truncate", "share": 0.3, "silent": True},
        ),
        ("storage.objects.media", ["--truncate", "0"], {"kind": "truncate", "share": 0, "silent": False}),
        ("storage.objects.media", ["--corrupt", "header"], {"kind": "corrupt", "part": "header"}),
        ("storage.objects.get", ["--malformed"], {"kind": "malformed"}),
        ("pubsub.push", ["--duplicate", "new", "--copies", "2"], {"kind": "duplicate", "ids": "new", "copies": 2}),
        ("pubsub.push", ["--duplicate", "same"], {"kind": "duplicate", "ids": "same", "copies": 1}),
        (
            "storage.notify",
            ["--reorder", "10", "--within", "500ms"],
            {"kind": "reorder", "window": 10, "withinMs": 500},
        ),
        ("storage.clock", ["--skew", "-5m"], {"kind": "skew", "seconds": [-300, -300]}),
        ("auth.clock", ["--skew=-1h..+1h"], {"kind": "skew", "seconds": [-3600, 3600]}),
    ],
)
def test_every_effect_has_an_option(run_loupe, call, options, effect):
    code, out, _ = run_loupe("add", call, *options, "--json")
    assert code == 0
    assert json.loads(out)["rule"]["effect"] == effect
    _, listed, _ = run_loupe("list")
    assert effect["kind"] in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["firestore.Comit", "--drop"], "Did you mean firestore.Commit"),
        (["firestore.Commit"], "neither an effect nor a delay"),
        (["firestore.Commit", "--drop", "--hang"], "One rule has one effect, not --hang and --drop"),
        (["firestore.Commit", "--code", "UNAVAILIBLE"], "There is no code UNAVAILIBLE"),
        (["firestore.Commit", "--truncate", "0.5"], "cannot take truncate"),
        (["firestore.Commit", "--drop", "--silent"], "--silent goes together with --truncate only"),
        (["pubsub.push", "--drop", "--copies", "2"], "--copies goes together with --duplicate only"),
        (["firestore.Commit", "--delay", "5"], "'5' is not a time"),
        (["firestore.Commit", "--delay", "2s..1s"], "turn it round"),
        (["firestore.Commit", "--delay", "-5s"], "A delay is 0 to 600000 ms long"),
        (["firestore.Commit", "--drop", "--match", "jobs/"], "is not DETAIL=PREFIX"),
        (["firestore.Commit", "--drop", "--match", "bucket=a"], "These are: document"),
        (["firestore.Commit", "--drop", "--p", "nan"], "Expected `float`"),
        (["firestore.Commit", "--drop", "--p", "2"], "0<x<=1"),
        ([], "Missing argument 'CALL'"),
    ],
)
def test_a_command_that_makes_no_sense_is_answered_with_what_does(run_loupe, faults, arguments, said):
    code, out, err = run_loupe("add", *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert faults.all() == []


def test_rules_are_removed_by_id_or_all_together(run_loupe, faults):
    _, out, _ = run_loupe("add", *UNAVAILABLE, "--json")
    rule = json.loads(out)["id"]
    run_loupe("add", "pubsub.push", "--drop")
    run_loupe("add", "pubsub.push", "--hang")
    assert run_loupe("remove", rule)[0] == 0
    code, _, err = run_loupe("remove", rule)
    assert code == 2
    assert f"There is no fault {rule}. In force: " in err
    assert len(faults.all()) == 2
    assert json.loads(run_loupe("clear", "--json")[1]) == {"removed": 2}
    assert "There were none" in run_loupe("clear")[2]
    assert "loupe faults add" in run_loupe("list")[2]
    assert json.loads(run_loupe("list", "--json")[1]) == {"faults": []}


def test_what_cannot_be_an_id_is_not_sent(run_loupe):
    code, _, err = run_loupe("remove", "../calls")
    assert code == 2
    assert "loupe faults list" in err


def test_calls_are_listed_by_name(run_loupe):
    code, shown, _ = run_loupe("calls")
    assert code == 0
    assert "pubsub.push" in shown
    assert "duplicate new" in shown
    seen = json.loads(run_loupe("calls", "--seen", "--json")[1])["calls"]
    assert all(call["entered"] for call in seen)


def test_without_a_stack_it_is_said_how_to_start_one(run_loupe, tmp_path):
    code, out, err = run_loupe("list", "--data", str(tmp_path))
    assert code == 1
    assert out == ""
    assert "loupe up" in err
