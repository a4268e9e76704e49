"""The bill of the month turns paid providers off, and leaves alone what an operator switched."""

from __future__ import annotations

import json

import pytest

from shared.errors import InvalidArgument
from shared.spending import Spending, heed, read
from shared.switches import SwitchBoard
from tests.chaos.memory import documents

MAY, JUNE = "2026-05-01T07:00:00Z", "2026-06-01T07:00:00Z"
NOTICE = {
    "budgetDisplayName": "loupe: the month",
    "alertThresholdExceeded": 1.0,
    "costAmount": 100.01,
    "costIntervalStart": MAY,
    "budgetAmount": 100.0,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "EUR",
}


@pytest.fixture
def database():
    return documents()


def told(cost, budget=100.0, month=MAY):
    return Spending(cost_interval_start=month, cost_amount=cost, budget_amount=budget)


def test_a_notice_is_read_as_billing_writes_it():
    assert read(json.dumps(NOTICE).encode()) == told(100.01)
    assert read(json.dumps(NOTICE).encode()).over


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"costAmount": "much"}', b"[]"])
def test_what_is_no_notice_is_refused(data):
    with pytest.raises(InvalidArgument):
        read(data)


def test_over_budget_every_provider_is_off_and_nothing_else(database):
    assert heed(database, told(100)) is True
    switches = SwitchBoard(database).now()
    assert not switches.provider("vision")
    assert switches.kind("inspection")


def test_under_budget_everything_is_as_the_operator_wants_it(database):
    database.documents["control/switches"] = {"providers": {"vision": False}, "kinds": {"inspection": False}}
    assert heed(database, told(120)) is True
    assert heed(database, told(10, month=JUNE)) is False
    switches = SwitchBoard(database).now()
    assert not switches.provider("vision")
    assert switches.provider("another")
    assert not switches.kind("inspection")


def test_a_notice_that_comes_late_changes_nothing(database):
    heed(database, told(120))
    assert heed(database, told(80)) is None
    assert not SwitchBoard(database).now().provider("vision")
    assert heed(database, told(10, month=JUNE)) is False
    assert heed(database, told(130)) is None
    assert SwitchBoard(database).now().provider("vision")


def test_a_higher_budget_turns_them_on_again(database):
    heed(database, told(120))
    assert heed(database, told(120, budget=500)) is False
    assert SwitchBoard(database).now().provider("vision")


def test_the_same_notice_twice_is_as_good_as_once(database):
    assert heed(database, told(120)) is heed(database, told(120)) is True
