"""A short slice of what `make chaos-real` plays: a few runs of the quick rows, on one real stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.stack import ROOT
from tools.chaos_real.__main__ import main, slice_of
from tools.chaos_real.matrix import ROWS
from tools.chaos_real.perform import perform
from tools.chaos_real.row import INVARIANTS
from tools.chaos_real.setting import POINTS, SETTINGS

PLAYS = slice_of(ROWS)["plain"]


@pytest.fixture(scope="module")
def played():
    return {one.number: one for one in perform("plain", PLAYS, seed=1, say=print)}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("row", [row for row, _ in PLAYS], ids=lambda row: f"{row.number} {row.fault}")
def test_nothing_is_violated(played, row):
    one = played[row.number]
    assert one.violations == (), "\n".join(one.story)
    assert one.runs >= row.quick
    assert one.hits or not row.injects


def test_the_matrix_has_every_row_once_and_each_says_what_it_is_about():
    assert [row.number for row in ROWS] == sorted({row.number for row in ROWS})
    for row in ROWS:
        assert set(row.holds) <= INVARIANTS.keys()
        assert bool(row.play) != bool(row.not_here)
        assert (row.runs > 0) == bool(row.play)
        assert row.stack in SETTINGS
        assert not row.quick or SETTINGS[row.stack].usual


def test_the_steps_at_which_workers_are_killed_are_all_there_are():
    source = (ROOT / "functions/analyze/failpoints.py").read_text()
    assert all(f'"{point}"' in source for point in POINTS)
    assert len(POINTS) == source.partition("POINTS: Final = (")[2].partition("\n)\n")[0].count('"') / 2


def test_a_row_that_does_not_exist_is_refused():
    with pytest.raises(SystemExit, match="no row 99"):
        main(["--rows", "99"])


@pytest.mark.slow
def test_a_matrix_that_is_told_to_end_leaves_neither_stacks_nor_folders_behind(tmp_path):
    command = [sys.executable, "-m", "tools.chaos_real", "--rows", "1,17"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "200"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as matrix:
        assert matrix.stderr is not None
        assert "row" in matrix.stderr.readline()
        begun = psutil.Process(matrix.pid).children(recursive=True)
        matrix.send_signal(signal.SIGTERM)
        _, said = matrix.communicate(timeout=60)
    assert matrix.returncode == 130
    assert "no stack is left running" in said
    assert psutil.wait_procs(begun, timeout=10)[1] == []
    assert list(tmp_path.iterdir()) == []
