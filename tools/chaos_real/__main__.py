"""`python -m tools.chaos_real`: play the fault matrix on real processes. Ends with 1 on any violation."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console

from tools.chaos_real import report
from tools.chaos_real.lanes import run
from tools.chaos_real.matrix import ROWS
from tools.chaos_real.row import Row


def main(arguments: list[str]) -> int:
    """Play; 0 if nothing was violated and every row was played that can be, 1 otherwise, 130 if it was broken off."""
    asked = _parser().parse_args(arguments)
    rows = _chosen(asked.rows)
    plays = slice_of(rows) if asked.quick else _whole(rows, asked.scale)
    console, progress = Console(), Console(stderr=True)
    began = time.monotonic()
    try:
        played = run(plays, seed=asked.seed, lanes=asked.lanes, note=lambda text: progress.print(text, markup=False))
    except KeyboardInterrupt:
        progress.print("Broken off: nothing was judged, and no stack is left running.")
        return 130
    found = report.summary(played, seed=asked.seed, seconds=time.monotonic() - began)
    if asked.json:
        print(json.dumps(found, indent=2))
    elif asked.markdown:
        report.tell(progress, found)
        print(report.markdown(rows, found))
    else:
        report.show(console, rows, found)
    return 1 if found["violations"] else 0


def slice_of(rows: Sequence[Row]) -> dict[str, list[tuple[Row, int]]]:
    """A few runs of the quick rows, all on one stack: by setting, rows with their runs."""
    return {"plain": [(row, row.quick) for row in rows if row.quick]}


def _whole(rows: Sequence[Row], scale: float) -> dict[str, list[tuple[Row, int]]]:
    plays = defaultdict[str, list[tuple[Row, int]]](list)
    for row in rows:
        if row.play is not None:
            plays[row.stack].append((row, max(1, round(row.runs * scale))))
    return dict(plays)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.chaos_real", description=__doc__)
    parser.add_argument("--rows", default="", metavar="N,N…", help="only these rows (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="other random numbers (default: 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the usual runs (default: 1)")
    parser.add_argument("--quick", action="store_true", help="the slice of it that `make test` plays")
    parser.add_argument("--lanes", type=int, default=3, help="stacks at the same time (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/reliability.md")
    return parser


def _chosen(numbers: str) -> Sequence[Row]:
    wanted = {int(number) for number in numbers.split(",") if number}
    unknown = wanted - {row.number for row in ROWS}
    if unknown:
        raise SystemExit(f"There is no row {min(unknown)}. Rows are 1 to {len(ROWS)}.")
    return [row for row in ROWS if not wanted or row.number in wanted]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
