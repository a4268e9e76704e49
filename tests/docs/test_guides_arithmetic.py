"""What the guides reckon is right, and reckoned with today's settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PEAK = 5  # times the mean
DAY = 86_400
SIZES = (1e6, 1e8)  # photos a day


def rows(document: str, heading: str) -> list[list[str]]:
    section = (ROOT / "docs/guides" / document).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


LIMITS = {row[0]: (float(row[1]), float(row[2]), row[3:]) for row in rows("scale.md", "At the peak")}


@pytest.mark.parametrize("what", LIMITS)
def test_what_holds_and_what_breaks_at_the_peak(what):
    per_photo, limit, told = LIMITS[what]
    for size, cell in zip(SIZES, told, strict=True):
        number, verdict = cell.split()
        wanted = size * PEAK / DAY * per_photo
        assert float(number) == pytest.approx(wanted, abs=0.06)
        assert verdict == ("breaks" if wanted > limit else "holds")


def test_the_order_in_which_things_break():
    told = [int(row[0]) for row in rows("scale.md", "In the order in which they break")]
    wanted = sorted(round(limit / per_photo * DAY / PEAK) for per_photo, limit, _ in LIMITS.values())
    assert told == wanted


def test_the_instances_are_those_of_terraform():
    variables = (ROOT / "terraform/variables.tf").read_text()
    (most,) = re.findall(r"analyze_normal = optional\(object\(\{.*max = optional\(number, (\d+)\)", variables)
    assert LIMITS[f"Cloud Run: instances of analyze ({most} by `scale`)"][1] == float(most)


def test_the_sums_of_a_million_photos():
    total = without_vision = 0.0
    for what, units, price, dollars in rows("cost.md", "A million inspections"):
        if what.startswith("sum"):
            wanted = without_vision if "without Vision" in what else total
            assert float(dollars) == pytest.approx(wanted, abs=0.005)
            continue
        cost = float(units.removesuffix(" thousand")) * float(price)
        assert float(dollars) == pytest.approx(cost, abs=0.005), what
        total += cost
        without_vision += 0 if what.startswith("Vision") else cost


def test_what_a_flood_costs_at_most():
    text = (ROOT / "docs/guides/cost.md").read_text()
    instances, cpus, memory, told = map(
        float, re.search(r"(\d+) instances of (\d+) CPUs and (\d+) GiB for a whole day cost ([\d.]+)", text).groups()
    )
    assert told == pytest.approx(instances * DAY * (cpus * 0.024 + memory * 0.0025) / 1000, abs=0.005)
