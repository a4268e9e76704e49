"""`python -m tools.fuzz`: judge damaged photos, say how it went, and keep those for which something did not hold."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.fuzz.campaign import MEMORY, Findings, run
from tools.fuzz.mutation import mutant
from tools.fuzz.seeds import seeds

ROOT: Final = Path(__file__).resolve().parents[2]
PHOTOS: Final = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))
HEIC: Final = ROOT / "tests" / "unit" / "functions" / "analyze" / "intake" / "heic"  # nothing here writes HEIC
ROUND: Final = 1000  # mutants between two lines that say how far it is


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and return 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Judge damaged photos.")
    parser.add_argument("--photos", type=int, default=5000, metavar="N", help="how many")
    parser.add_argument("--start", type=int, default=0, metavar="NUMBER", help="the number of the first one")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("fuzz-out"), help="where what did not hold is kept")
    given = parser.parse_args(arguments)
    whole = seeds(*(folder for folder in (HEIC, PHOTOS) if folder.is_dir()))
    print(f"{len(whole)} files to damage{'' if PHOTOS.is_dir() else f', none of them real: {PHOTOS} is missing'}.")
    began, total = time.monotonic(), Findings()
    for first in range(given.start, given.start + given.photos, ROUND):
        numbers = range(first, min(first + ROUND, given.start + given.photos))
        found = run(numbers, whole, children=given.children)
        _add(total, found)
        _keep(found, whole, given.out)
        seconds = time.monotonic() - began
        print(f"{total.judged} judged in {seconds:.0f} s, {len(total.broken)} to look into", flush=True)
    print(f"slowest {total.slowest:.2f} s, most memory {total.largest / 2**20:.0f} MiB, children {total.children}")
    print(", ".join(f"{count} {reason}" for reason, count in total.verdicts.most_common()))
    return 1 if total.broken or total.largest > MEMORY else 0


def _keep(found: Findings, whole: Sequence[bytes], folder: Path) -> None:
    for number, what in found.broken:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.bin").write_bytes(mutant(number, whole))
        print(f"mutant {number}: {what}")


def _add(total: Findings, found: Findings) -> None:
    total.judged += found.judged
    total.verdicts.update(found.verdicts)
    total.slowest, total.largest = max(total.slowest, found.slowest), max(total.largest, found.largest)
    total.children += found.children
    total.broken += found.broken


if __name__ == "__main__":
    sys.exit(main())
