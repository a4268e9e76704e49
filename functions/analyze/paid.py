"""Paid calls of one job: reserved before they are made, collected for the settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from shared import ledger
from shared.model.job import now

if TYPE_CHECKING:
    from shared.database import Database


class Meter:
    """The charges of one job. Not shared between threads."""

    def __init__(self, database: Database, *, job_id: str, uid: str, limit: int) -> None:
        self._database = database
        self._job_id = job_id
        self._uid = uid
        self._limit = limit
        self._charges: dict[str, ledger.Charge] = {}

    def reserve(self, feature: str, micro_usd: int) -> bool:
        """Set the price of one call aside; False where the day's budget does not allow it."""
        charge = ledger.reserve(
            self._database,
            job_id=self._job_id,
            uid=self._uid,
            feature=feature,
            micro_usd=micro_usd,
            limit=self._limit,
            at=now(),
        )
        if charge is not None:
            self._charges[feature] = charge
        return charge is not None

    def spend(self, feature: str) -> None:
        """The call was made: what was reserved is spent."""
        charge = self._charges[feature]
        self._charges[feature] = replace(charge, spent=charge.reserved)

    @property
    def charges(self) -> tuple[ledger.Charge, ...]:
        """Everything reserved, for the commit that ends the job."""
        return tuple(self._charges.values())

    @property
    def cost(self) -> dict[str, int]:
        """What the job's document says it cost: micro-dollars by feature, and their sum."""
        spent = {charge.feature: charge.spent for charge in self.charges if charge.spent}
        return {**spent, "microUsd": sum(spent.values())}
