"""docs/reliability.md: its matrix is the one that is played, and its invariants are the ones that are judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.chaos_real.matrix import ROWS
from tools.chaos_real.row import INVARIANTS

TEXT = (Path(__file__).parent.parent.parent / "docs/reliability.md").read_text()
MATRIX = {cells[0]: cells for line in re.findall(r"(?m)^\| (\d.*) \|$", TEXT) if (cells := line.split(" | "))}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_is_told_as_it_is_played(row):
    how = row.how if row.play else f"not here: {row.not_here}"
    assert MATRIX[str(row.number)][1:4] == [row.fault, how, " ".join(row.holds)]


def test_there_are_no_other_rows():
    assert MATRIX.keys() == {str(row.number) for row in ROWS}


def test_the_invariants_are_told_as_they_are_judged():
    assert dict(re.findall(r"(?m)^\| (I\d+) \| (.*) \|$", TEXT)) == INVARIANTS
