"""`python -m tools.chaos`: run seeds, or show that every broken protocol is caught. Ends with 1 on any violation."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Final

from rich.console import Console

from tools.chaos import report
from tools.chaos.campaign import Tally, campaign, caught_at, quiet
from tools.chaos.mutants import MUTANTS
from tools.chaos.profiles import PROFILES
from tools.chaos.run import Result, run
from tools.chaos.shrink import shrink

SHOWN: Final = 3  # failing seeds that are shrunken and shown
WITHIN: Final = 3000  # seeds within which a mutant has to be caught, in either profile


def main(arguments: list[str]) -> int:
    """Run; 0 if nothing was violated (or every mutant was caught), 1 otherwise."""
    asked = _parser().parse_args(arguments)
    with quiet():
        if asked.mutants:
            return _mutants(asked)
        return _replay(asked) if asked.replay is not None else _campaign(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--start", type=int, default=0, help="the first (default: 0)")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="mild", help="how rough (default: mild)")
    parser.add_argument("--processes", type=int, default=None, help="default: one per core")
    parser.add_argument("--mutants", action="store_true", help="say at which seed each broken protocol is caught")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show everything that happens in one seed")
    parser.add_argument("--spare", default="", metavar="N,N…", help="with --replay: draws that come to nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _campaign(asked: argparse.Namespace) -> int:
    console, progress = Console(), Console(stderr=True)
    begun, said, failed, tally = time.monotonic(), 0.0, 0, Tally()
    for tally in campaign(asked.profile, asked.start, asked.seeds, processes=asked.processes):
        passed = time.monotonic() - begun
        if passed - said >= 5 or len(tally.failing) > failed:
            said, failed = passed, len(tally.failing)
            failing = f", FAIL: {', '.join(str(seed) for seed, _ in tally.failing)}" if tally.failing else ""
            progress.print(f"{tally.seeds:,} of {asked.seeds:,} seeds after {passed:.0f} s{failing}", highlight=False)
    found = report.summary(asked.profile, asked.start, tally, time.monotonic() - begun)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        report.show(console, found)
        for seed, _ in tally.failing[:SHOWN]:
            profile = PROFILES[asked.profile]
            report.show_case(console, asked.profile, run(seed, profile), shrink(seed, profile))
    return 1 if tally.failing else 0


def _replay(asked: argparse.Namespace) -> int:
    spared = frozenset(int(number) for number in asked.spare.split(",") if number)
    history: list[str] = []
    result = run(asked.replay, PROFILES[asked.profile], spared=spared, history=history)
    print(*history, *result.violations, sep="\n")
    return 1 if result.violations else 0


def _mutants(asked: argparse.Namespace) -> int:
    caught: dict[str, tuple[str, str, Result | None]] = {}
    for name, mutant in MUTANTS.items():
        for profile in ("mild", "harsh"):
            result = caught_at(name, profile, within=WITHIN, start=asked.start)
            caught[name] = (mutant.story, profile, result)
            if result is not None:
                break
    if asked.json:
        seeds = {
            name: {"profile": profile, "seed": result.seed, "violation": result.violations[0]} if result else None
            for name, (_, profile, result) in caught.items()
        }
        print(json.dumps(seeds, indent=2))
    else:
        report.show_mutants(Console(), caught)
    return 0 if all(result for _, _, result in caught.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
