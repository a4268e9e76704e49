"""docs/guides/faults.md against what it describes."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from functions.analyze import failpoints
from localcloud.faults.calls import CALLS
from localcloud.faults.effects import Effect
from loupe.app import loupe as commands
from tests.running import ROOT

GUIDE = (ROOT / "docs/guides/faults.md").read_text()
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
ADDED = [shlex.split(line)[4:] for line in SHELL if "loupe faults add" in line]


@pytest.mark.parametrize("arguments", ADDED, ids=" ".join)
def test_every_rule_that_is_shown_can_be_added(run_loupe, arguments):
    code, out, err = run_loupe(*arguments)
    assert code == 0, err
    assert out


def test_the_request_that_is_shown_adds_the_rule_that_is_shown(faults, http):
    body = re.search(r"curl -X POST \S+ -d '(.*?)'", GUIDE, re.DOTALL)
    assert body is not None
    assert http.post(f"{faults.url}/faults", data=body[1], timeout=5).status_code == 201


def test_every_option_that_makes_a_rule_is_explained_and_no_other():
    add = commands.commands["faults"].commands["add"]
    options = {name for option in add.params if isinstance(option, click.Option) for name in option.opts}
    told = set(re.findall(r"(?<![\w-])--[a-z]+", GUIDE))
    assert options - {"--json"} <= told
    assert told - options == {"--detach", "--set", "--kind"}


def test_every_kind_of_effect_is_named():
    kinds = {effect.__struct_config__.tag for effect in Effect.__args__}
    assert {kind for kind in kinds if f"`{kind}`" not in GUIDE} == set()


def test_every_call_that_is_named_exists():
    named = set(re.findall(r"\b(?:firestore|storage|pubsub|auth|vision)\.[A-Za-z][\w.]*\w", GUIDE))
    assert named <= CALLS.keys()


def test_every_fail_point_and_every_action_is_named():
    assert [name for name in (*failpoints.POINTS, *failpoints.ACTIONS) if f"`{name}" not in GUIDE] == []
