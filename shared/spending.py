"""The bill of the month against its budget, as Cloud Billing tells it several times a day, late and in any order.

Over budget, every paid provider is off until a later notice says otherwise: a new month, or a higher budget. What the
operator switched is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.database import Database, Found, Write
from shared.documents import from_document, to_document
from shared.errors import InvalidArgument
from shared.switches import PLACE as SWITCHES

PLACE: Final = "control/spending"


class Spending(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What has been spent since `cost_interval_start` (RFC 3339), and the budget; both in the account's currency."""

    cost_interval_start: str
    cost_amount: float
    budget_amount: float

    @property
    def over(self) -> bool:
        """Whether the budget is used up."""
        return self.cost_amount >= self.budget_amount

    def is_older_than(self, known: Spending) -> bool:
        """Whether this was said before `known`: within a month costs only grow."""
        return (self.cost_interval_start, self.cost_amount) < (known.cost_interval_start, known.cost_amount)


def read(data: bytes) -> Spending:
    """The notice in a message. Raises InvalidArgument."""
    try:
        return msgspec.json.decode(data, type=Spending)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(
            "NOTIFICATION_MALFORMED", "This is not a notice of Cloud Billing.", internal=str(error)
        ) from error


def heed(database: Database, told: Spending) -> bool | None:
    """Turn paid providers off or on. Returns whether they are off now; None for a notice older than one heeded."""

    def decide(found: Found) -> tuple[bool | None, Sequence[Write]]:
        known = found[PLACE]
        if known and told.is_older_than(from_document(known, Spending)):
            return None, ()
        switched = {**(found[SWITCHES] or {}), "overBudget": told.over}
        return told.over, (Write(path=PLACE, fields=to_document(told)), Write(path=SWITCHES, fields=switched))

    return database.transact([PLACE, SWITCHES], decide)
