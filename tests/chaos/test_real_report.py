"""What `make chaos-real` says and how it ends, whatever the matrix came to."""

from __future__ import annotations

import json

import pytest

from tools.chaos_real import __main__ as command
from tools.chaos_real.matrix import ROWS
from tools.chaos_real.perform import Played

GOOD = Played(number=1, runs=120, hits=130, seconds=9.5, outcomes={"COMPLETED": 120})
BAD = Played(
    number=2,
    runs=120,
    hits=99,
    violations=("I4: j was never announced",),
    story=("I4: j was never announced", "  0.1 s"),
)
LACKING = Played(number=28, not_here="needs the right to mount a small disk: no")


@pytest.fixture
def came_to(monkeypatch):
    """The command without stacks: the matrix came to these."""

    def play(*played: Played):
        def run(plays, **_):
            run.plays = plays
            return list(played)

        monkeypatch.setattr(command, "run", run)
        return run

    return play


def test_a_matrix_without_violations_ends_with_0(came_to, capsys):
    came_to(GOOD)
    assert command.main(["--rows", "1"]) == 0
    assert "0 violations" in capsys.readouterr().out


def test_a_violation_ends_with_1_and_shows_its_history(came_to, capsys):
    came_to(GOOD, BAD)
    assert command.main([]) == 1
    shown = capsys.readouterr().out
    assert "row 2: I4: j was never announced" in shown
    assert "row 2:   0.1 s" in shown


def test_a_row_that_the_machine_lacks_something_for_says_so(came_to, capsys):
    came_to(LACKING)
    assert command.main(["--rows", "28", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["not_here"] == LACKING.not_here
    command.main(["--rows", "28", "--markdown"])
    assert "| 28 |" in capsys.readouterr().out


def test_rows_and_the_number_of_runs_can_be_chosen(came_to):
    run = came_to()
    command.main(["--rows", "4,5", "--scale", "0.5"])
    assert {(row.number, runs) for plays in run.plays.values() for row, runs in plays} == {(4, 36), (5, 30)}
    command.main([])
    assert {row.number for plays in run.plays.values() for row, _ in plays} == {row.number for row in ROWS}
    assert sum(runs for plays in run.plays.values() for _, runs in plays) >= 2000


def test_the_slice_is_played_on_one_stack(came_to):
    run = came_to()
    command.main(["--quick"])
    assert run.plays.keys() == {"plain"}
    assert {row.number for row, _ in run.plays["plain"]} == {row.number for row in ROWS if row.quick}
