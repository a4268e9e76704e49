"""Paid calls: what each came to when its attempt ended, and who closed its account."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared import ledger
from shared.jobs import charges, protocol
from shared.jobs.protocol import LEASE, Outcome
from shared.model.job import Job
from shared.model.states import ChargeState
from tests.unit.shared.jobs.jobs import AFTER_LEASE, T0, arrive, claimed

PRICES = {"TEXT": 1500, "COLORS": 1000}
TEXT, COLORS = charges.name("TEXT", "call"), charges.name("COLORS", "call")


def charged(state: ChargeState) -> Job:
    """A claimed job with two open charges."""
    job = protocol.reserve(claimed(), 1, "call", PRICES, now=T0, lease=LEASE).job
    assert job is not None
    marked = protocol.mark(job, 1, (TEXT, COLORS), state, now=T0, lease=LEASE).job
    assert marked is not None
    return marked


def spent(verdict: protocol.Verdict) -> dict[str, tuple[int, bool]]:
    return {one.name: (one.spent, one.assumed) for one in verdict.closed}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ChargeState.RESERVED, {TEXT: (0, False), COLORS: (0, False)}),
        (ChargeState.CALLED, {TEXT: (1500, True), COLORS: (1000, True)}),
        (ChargeState.ANSWERED, {TEXT: (1500, False), COLORS: (1000, False)}),
    ],
)
def test_whoever_takes_a_job_away_closes_its_charges_by_how_far_they_had_come(state, expected):
    verdict = arrive(charged(state), owner="b", at=T0 + AFTER_LEASE)
    assert verdict.outcome is Outcome.CLAIMED
    assert spent(verdict) == expected
    assert {one.attempt for one in verdict.closed} == {1}
    assert verdict.job is not None
    assert verdict.job.charges == {}
    total = sum(amount for amount, _ in expected.values())
    assert verdict.job.cost.get("microUsd", 0) == total


def test_a_worker_knows_what_became_of_its_own_calls():
    verdict = protocol.complete(charged(ChargeState.CALLED), 1, protocol.Completion(summary={}), refused={TEXT}, now=T0)
    assert spent(verdict) == {TEXT: (0, False), COLORS: (1000, False)}
    assert verdict.job is not None
    assert verdict.job.cost == {"COLORS": 1000, "microUsd": 1000}


def test_an_answer_that_was_had_is_paid_even_if_the_worker_takes_it_for_refused():
    verdict = protocol.release(charged(ChargeState.ANSWERED), 1, passing=True, refused={TEXT, COLORS}, now=T0)
    assert spent(verdict) == {TEXT: (1500, False), COLORS: (1000, False)}


def test_the_same_call_is_reserved_once():
    job = charged(ChargeState.RESERVED)
    again = protocol.reserve(job, 1, "call", PRICES, now=T0, lease=LEASE)
    assert (again.outcome, again.job) == (Outcome.HELD, None)
    other = protocol.reserve(job, 1, "another call", PRICES, now=T0, lease=LEASE)
    assert other.job is not None
    assert len(other.job.charges) == 4


def test_what_is_free_needs_no_reservation():
    verdict = protocol.reserve(claimed(), 1, "call", {"TEXT": 0}, now=T0, lease=LEASE)
    assert (verdict.outcome, verdict.job) == (Outcome.HELD, None)


@pytest.mark.parametrize(
    ("room", "chosen"),
    [(2500, ["TEXT", "COLORS"]), (2499, ["TEXT"]), (1499, ["COLORS"]), (999, [])],
)
def test_features_are_chosen_in_their_order_as_far_as_there_is_room(room, chosen):
    assert list(charges.affordable(claimed(), "call", PRICES, room=room)) == chosen


def test_what_is_reserved_already_needs_no_room():
    assert list(charges.affordable(charged(ChargeState.RESERVED), "call", PRICES, room=0)) == ["TEXT", "COLORS"]


def test_the_cost_of_a_job_adds_up_over_its_attempts():
    job = replace(charged(ChargeState.ANSWERED), cost={"TEXT": 1500, "microUsd": 1500})
    closed, _ = charges.close(job, known=True)
    assert closed.cost == {"TEXT": 3000, "COLORS": 1000, "microUsd": 4000}


def test_an_entry_of_the_ledger_names_the_job_and_not_the_user():
    charge = ledger.Charge(job_id="j", attempt=2, name=TEXT, feature="TEXT", micro_usd=1500, create_time=T0)
    day, entry = ledger.reserve([charge], None, limit=9000, at=T0)
    assert entry.path == f"ledger/2026-01-01/entries/j:2:{TEXT}"
    assert day.fields is not None
    assert entry.fields is not None
    assert (day.fields["reserved"], day.fields["limit"], entry.fields["uid"]) == (1500, 9000, "")


def test_settling_moves_a_reservation_to_what_was_spent():
    charge = ledger.Charge(job_id="j", attempt=2, name=TEXT, feature="TEXT", micro_usd=1500, create_time=T0)
    day, entry = ledger.settle(charge, 1500, T0, assumed=True)
    assert day.add == {"reserved": -1500, "settled": 1500}
    assert entry.fields is not None
    assert (entry.fields["state"], entry.fields["assumed"]) == ("SETTLED", True)
    refunded, entry = ledger.settle(charge, 0, T0)
    assert refunded.add == {"reserved": -1500, "settled": 0}
    assert entry.fields is not None
    assert (entry.fields["state"], "assumed" in entry.fields) == ("REFUNDED", False)


@pytest.mark.parametrize(("day", "left"), [(None, 100), ({"reserved": 30, "settled": 50}, 20), ({"settled": 300}, 0)])
def test_the_room_of_a_day_is_what_is_neither_reserved_nor_spent(day, left):
    assert ledger.room(day, limit=100) == left
