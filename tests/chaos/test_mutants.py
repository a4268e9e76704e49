"""Every broken protocol is caught, within few seeds: a proof that finds nothing proves something only then."""

from __future__ import annotations

import ast
import inspect

import pytest

from shared.jobs import protocol
from tools.chaos import __main__ as command
from tools.chaos import campaign, mutants
from tools.chaos.campaign import caught_at, quiet
from tools.chaos.mutants import MUTANTS, Mutant, without_fence
from tools.chaos.profiles import PROFILES
from tools.chaos.run import run
from tools.chaos.shrink import shrink

WITHIN = 1000  # seeds
PUBLISHED = {
    "create-as-dedupe",
    "unconditional-finish",
    "acknowledge-when-fenced",
    "inline-effects",
    "unconditional-delete",
}
FENCED = ("advance", "renew", "reserve", "mark", "release", "complete", "fail")


def test_the_usual_recipes_are_among_the_mutants_and_as_many_of_our_own():
    assert MUTANTS.keys() >= PUBLISHED
    assert len(MUTANTS) >= 2 * len(PUBLISHED)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_protocol_is_caught(name):
    assert caught_at(name, "harsh", within=WITHIN) is not None


@pytest.mark.parametrize("name", FENCED)
def test_a_fence_check_that_is_removed_by_hand_is_missed_loudly(name):
    with quiet(), without_fence(name) as world_type:
        results = (run(seed, PROFILES["harsh"], world_type=world_type) for seed in range(WITHIN))
        caught = next((result for result in results if result.violations), None)
    assert caught is not None
    assert caught.violations[0].startswith(("I2", "I3", "I6", "I7"))


def test_every_decision_that_is_given_a_fence_asks_for_it_first():
    functions = [node for node in ast.parse(inspect.getsource(protocol)).body if isinstance(node, ast.FunctionDef)]
    fenced = [node for node in functions if "fence" in [argument.arg for argument in node.args.args]]
    assert {node.name for node in fenced} == {*FENCED, "holds"}
    for node in fenced:
        first = ast.unparse(node.body[1])
        assert node.name == "holds" or "holds(job, fence)" in first, f"{node.name} begins with {first}"


def test_code_that_breaks_is_the_failure_of_the_seed_that_shows_it(monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("as told")

    monkeypatch.setattr(protocol, "complete", broken)
    results = [run(seed, PROFILES["calm"]) for seed in range(5)]
    assert "DEFECT: the code broke with ZeroDivisionError: as told" in {
        one for each in results for one in each.violations
    }


def test_breaking_the_protocol_ends_with_the_block():
    original = protocol.complete
    with MUTANTS["unconditional-finish"].applied():
        assert protocol.complete is not original
    assert protocol.complete is original


def test_a_failing_seed_is_made_small_and_still_fails_the_same_way():
    with quiet(), MUTANTS["leaked-counter"].applied() as world_type:
        failing = next(seed for seed in range(50) if run(seed, PROFILES["harsh"], world_type=world_type).violations)
        whole = run(failing, PROFILES["harsh"], world_type=world_type)
        small = shrink(failing, PROFILES["harsh"], world_type)
    assert len(small.result.faults) < len(whole.faults)
    assert small.result.violations[0][:2] == whole.violations[0][:2]
    assert any("VIOLATES" in line for line in small.history)


def test_a_seed_that_does_not_fail_cannot_be_shrunken():
    with pytest.raises(ValueError, match="does not fail"):
        shrink(0, PROFILES["calm"])


def test_the_command_ends_with_0_where_nothing_is_violated_and_prints_json(capsys):
    assert command.main(["--seeds", "300", "--profile", "mild", "--processes", "1", "--json"]) == 0
    assert '"violations": 0' in capsys.readouterr().out


def test_the_command_ends_with_1_and_shows_the_case_where_something_is_violated(capsys):
    with MUTANTS["leaked-counter"].applied():
        assert command.main(["--profile", "harsh", "--replay", "1"]) == 1
    assert "VIOLATES I6" in capsys.readouterr().out


def test_the_command_ends_with_1_where_a_mutant_survives(capsys, monkeypatch):
    harmless = Mutant(name="harmless", story="Nothing is broken.")
    monkeypatch.setattr(command, "MUTANTS", {"harmless": harmless})
    monkeypatch.setattr(campaign, "MUTANTS", {"harmless": harmless})
    monkeypatch.setattr(command, "WITHIN", 20)
    assert command.main(["--mutants"]) == 1
    assert "NOT CAUGHT" in capsys.readouterr().out
    assert mutants.MUTANTS.keys() >= PUBLISHED
