"""A slice of what `make chaos` runs: some thousands of seeds of the real protocol, and not one violation."""

from __future__ import annotations

import pytest

from tools.chaos.campaign import Batch, Tally, run_batch
from tools.chaos.profiles import PROFILES
from tools.chaos.run import run
from tools.chaos.shrink import shrink

SEEDS = {"mild": 4000, "harsh": 3000, "calm": 200}


@pytest.fixture(scope="module", params=sorted(SEEDS))
def tally(request):
    return request.param, run_batch(Batch(profile=request.param, start=0, count=SEEDS[request.param]))


def test_nothing_is_violated(tally):
    profile, found = tally
    assert found.seeds == SEEDS[profile]
    assert found.failing == [], _story(profile, found)


def test_every_fault_has_happened_and_every_end_has_come(tally):
    profile, found = tally
    if profile == "calm":
        assert not found.faults.keys() - {"bad photo"}
        assert found.outcomes.keys() == {"COMPLETED", "UNREADABLE"}
        return
    drawn = [PROFILES[profile].step, PROFILES[profile].transaction, PROFILES[profile].call]
    drawn += [PROFILES[profile].vision, PROFILES[profile].publish, PROFILES[profile].notification]
    names = {name for table in drawn for _, name in table[1]} | PROFILES[profile].wishes.keys()
    assert names <= found.faults.keys()
    ends = {"COMPLETED", "CANCELLED", "DELETED", "ATTEMPTS_EXHAUSTED", "DELIVERY_EXHAUSTED", "UPLOAD_EXPIRED"}
    assert ends <= found.outcomes.keys()
    assert found.takeovers > 100


def test_clocks_that_are_minutes_off_let_two_workers_meet_and_nothing_comes_of_it(tally):
    profile, found = tally
    assert (found.overlaps > 10) == (profile != "calm")


def test_a_seed_is_the_same_run_every_time():
    first, second = [], []
    run(77, PROFILES["harsh"], history=first)
    run(77, PROFILES["harsh"], history=second)
    assert first == second
    assert len(first) > 20


def test_what_is_spared_does_not_happen():
    whole = run(77, PROFILES["harsh"])
    spared = frozenset(number for number, _ in whole.faults[:3])
    assert spared.isdisjoint(number for number, _ in run(77, PROFILES["harsh"], spared=spared).faults)


def _story(profile: str, found: Tally) -> str:
    """A failing seed, shrunken, for whoever broke it."""
    if not found.failing:
        return ""
    small = shrink(found.failing[0][0], PROFILES[profile])
    return "\n".join([*small.history, *small.result.violations])
