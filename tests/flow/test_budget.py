"""A notice of the month's budget, published as Cloud Billing does, turns paid providers off on a whole stack."""

from __future__ import annotations

import json

import pytest

from tests.stack import eventually


@pytest.fixture
def switches(impatient):
    document = impatient.documents.document("control/switches")
    yield lambda: (document.get().to_dict() or {}).get("overBudget")
    impatient.documents.document("control/spending").delete()
    document.delete()


def publish(impatient, cost, month):
    notice = {"costAmount": cost, "budgetAmount": 100.0, "costIntervalStart": f"2026-{month:02}-01T07:00:00Z"}
    impatient.publish("budget", json.dumps(notice).encode(), billingAccountId="0-0-0", schemaVersion="1.0")


def test_paid_providers_are_off_until_the_month_is_over(impatient, switches):
    publish(impatient, 100.5, 5)
    assert eventually(lambda: switches() is True)
    assert impatient.lines("The month's budget is used up (100.50 of 100.00)")
    publish(impatient, 0.5, 6)
    assert eventually(lambda: switches() is False)


def test_what_is_no_notice_is_dropped_and_said(impatient, switches):
    impatient.publish("budget", b"no notice")
    assert eventually(lambda: impatient.lines("Dropped a notice of the budget"))
    assert switches() is None
