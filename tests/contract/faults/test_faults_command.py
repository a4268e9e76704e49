"""`loupe faults` against a running local cloud."""

from __future__ import annotations

import json
import os

import pytest
from google.api_core import exceptions

from localcloud.supervisor import state
from loupe.app import main
from loupe.view import console

UNAVAILABLE = ("firestore.Commit", "--code", "UNAVAILABLE", "--applied")


@pytest.fixture(scope="session")
def data(cloud, tmp_path_factory):
    """A folder that tells where the local cloud is, as that of a running stack does."""
    folder = tmp_path_factory.mktemp("stack")
    urls = {name: cloud.ports.url(name) for name, _ in cloud.ports}
    me = state.identify("supervisor", os.getpid())
    running = state.Running(
        supervisor=me, project=cloud.project, data=str(folder), ports=cloud.ports, urls=urls, processes=()
    )
    state.write(folder, running)
    return folder


@pytest.fixture
def loupe(data, capsys, faults, monkeypatch):
    """Runs `loupe faults …` and answers its exit code, standard output and standard error."""
    assert faults.all() == []
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("LOUPE_DATA", str(data))
    console.out.cache_clear()  # it keeps the width that it was made with

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["faults", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_rule_that_is_added_is_in_force_and_listed_with_its_hits(loupe, jobs):
    code, shown, _ = loupe("add", *UNAVAILABLE, "--count", "1")
    assert code == 0
    assert "error (UNAVAILABLE), after its effect" in shown
    with pytest.raises(exceptions.ServiceUnavailable):
        jobs.document("a").set({"n": 1}, retry=None)
    assert jobs.document("a").get().exists
    jobs.document("b").set({"n": 1}, retry=None)
    _, listed, _ = loupe("list")
    assert "firestore.Commit" in listed
    assert listed.rstrip().endswith("2     1")


def test_every_option_gets_into_the_rule(loupe, faults):
    options = ("--p", "0.1", "--seed", "7", "--count", "3", "--after", "2", "--delay", "100ms..2s")
    code, out, _ = loupe("add", *UNAVAILABLE, *options, "--match", "document=jobs/", "--json")
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
def test_every_effect_has_an_option(loupe, call, options, effect):
    code, out, _ = loupe("add", call, *options, "--json")
    assert code == 0
    assert json.loads(out)["rule"]["effect"] == effect
    _, listed, _ = loupe("list")
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
def test_a_command_that_makes_no_sense_is_answered_with_what_does(loupe, faults, arguments, said):
    code, out, err = loupe("add", *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert faults.all() == []


def test_rules_are_removed_by_id_or_all_together(loupe, faults):
    _, out, _ = loupe("add", *UNAVAILABLE, "--json")
    rule = json.loads(out)["id"]
    loupe("add", "pubsub.push", "--drop")
    loupe("add", "pubsub.push", "--hang")
    assert loupe("remove", rule)[0] == 0
    code, _, err = loupe("remove", rule)
    assert code == 2
    assert f"There is no fault {rule}. In force: " in err
    assert len(faults.all()) == 2
    assert json.loads(loupe("clear", "--json")[1]) == {"removed": 2}
    assert "There were none" in loupe("clear")[2]
    assert "loupe faults add" in loupe("list")[2]
    assert json.loads(loupe("list", "--json")[1]) == {"faults": []}


def test_what_cannot_be_an_id_is_not_sent(loupe):
    code, _, err = loupe("remove", "../calls")
    assert code == 2
    assert "loupe faults list" in err


def test_calls_are_listed_by_name(loupe):
    code, shown, _ = loupe("calls")
    assert code == 0
    assert "pubsub.push" in shown
    assert "duplicate new" in shown
    seen = json.loads(loupe("calls", "--seen", "--json")[1])["calls"]
    assert all(call["entered"] for call in seen)


def test_without_a_stack_it_is_said_how_to_start_one(loupe, tmp_path):
    code, out, err = loupe("list", "--data", str(tmp_path))
    assert code == 1
    assert out == ""
    assert "loupe up" in err
