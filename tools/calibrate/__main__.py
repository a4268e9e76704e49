"""`python -m tools.calibrate FOLDER…`: how often each rule of the quality policy fires, on photos plain and spoilt.

Thresholds are chosen on one half of the photos, and rates are reported on the other. With `--list` the photos that a
rule fires on as they are, to be looked at; with `--choose PERCENT` the thresholds that so many of the choosing half
would be warned by.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np

from shared.model.quality import Policy, default_policy
from tools.calibrate.measuring import INTAKE, Measured, measured, photos
from tools.calibrate.spoil import SPOILT

AS_IT_IS: Final = next(iter(SPOILT))

Fires = Callable[[dict[str, float]], bool]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print Markdown tables; 1 where there was no photo."""
    parser = argparse.ArgumentParser(prog="calibrate", description="Rate the quality policy on photos.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--list", action="store_true", help="name the photos that rules fire on as they are")
    parser.add_argument(
        "--choose", type=float, metavar="PERCENT", help="print thresholds with this false-positive rate"
    )
    given = parser.parse_args(arguments)
    found = list(measured(photos(given.folders)))
    choosing, reporting = ([one for one in found if one.choosing is half] for half in (True, False))
    if not choosing or not reporting:
        sys.stderr.write("calibrate: there are too few photos in these folders to make two halves of them.\n")
        return 1
    rules = fired_by(default_policy())
    print(f"{len(choosing)} photos to choose by, {len(reporting)} to report on. Percent of photos, reporting half.\n")
    print("| spoilt by | " + " | ".join(rules) + " |\n|---|" + "---|" * len(rules))
    for name in SPOILT:
        print(f"| {name} | " + " | ".join(f"{rate(reporting, name, fires):.0f}" for fires in rules.values()) + " |")
    if given.choose is not None:
        choose(choosing, given.choose)
    if given.list:
        for reason, fires in rules.items():
            print(f"\n{reason}: " + ", ".join(str(one.file) for one in found if fires(one.metrics[AS_IT_IS])))
    return 0


def fired_by(rules: Policy) -> dict[str, Fires]:
    """What rejects and what warns, by reason, as tests on metrics."""
    quality = import_module(f"{INTAKE}.quality")
    reasons = dict.fromkeys(rule.reason for rule in rules.rules)

    def warns(reason: str) -> Fires:
        return lambda metrics: reason in {remark.reason for remark in quality.grade(metrics, rules)[1]}

    return {"rejected": lambda metrics: bool(quality.emptiness(metrics, rules)), **{one: warns(one) for one in reasons}}


def rate(photos_measured: Sequence[Measured], name: str, fires: Fires) -> float:
    """Percent of the photos, spoilt in one way, that a rule fires on."""
    return 100 * float(np.mean([fires(one.metrics[name]) for one in photos_measured]))


def choose(photos_measured: Sequence[Measured], percent: float) -> None:
    """Print for each metric the values that `percent` of the photos are below and above."""
    print(f"\n| metric | {percent:g} % are below | half are below | {percent:g} % are above |\n|---|---|---|---|")
    for metric in photos_measured[0].metrics[AS_IT_IS]:
        values = [one.metrics[AS_IT_IS][metric] for one in photos_measured]
        low, middle, high = np.percentile(values, [percent, 50, 100 - percent])
        print(f"| {metric} | {low:.3f} | {middle:.3f} | {high:.3f} |")


if __name__ == "__main__":
    sys.exit(main())
