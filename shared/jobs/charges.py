"""Paid calls of a job as pure decisions: set aside before, begun, answered, and closed when the attempt ends.

Open charges stand on the job itself, so that whoever takes the job away from a worker can also close its accounts, in
the same commit. What happened to a call decides what it costs:

    RESERVED   it was never begun                 refunded
    CALLED     it was begun, and nobody knows     counted as spent (`assumed`), unless the worker says it was refused
    ANSWERED   it was made                        spent

So the ledger never says less than what was really called, and nothing stays reserved for a job that has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from shared.model.job import Job, OpenCharge
from shared.model.states import ChargeState

TOTAL = "microUsd"  # the sum of a job's costs, beside the features


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that is open no longer: what it came to, in micro-dollars (0: refunded), and of which attempt it was."""

    name: str
    attempt: int
    charge: OpenCharge
    spent: int
    assumed: bool = False  # nobody knows whether the call was billed; it is counted as if


def name(feature: str, call: str) -> str:
    """The name of one charge: a feature of one call. `call` is new for each picture and each question about it."""
    return f"{feature}-{call[:12]}"


def affordable(job: Job, call: str, prices: Mapping[str, int], *, room: int) -> dict[str, int]:
    """Those of `prices` (micro-dollars by feature) that are reserved already or fit into `room`, in their order."""
    chosen: dict[str, int] = {}
    for feature, price in prices.items():
        reserved = name(feature, call) in job.charges
        if not reserved and price > room:
            continue
        chosen[feature] = price
        room -= 0 if reserved else price
    return chosen


def reserved(job: Job, call: str, prices: Mapping[str, int], *, now: datetime) -> dict[str, OpenCharge]:
    """The charges that have to be added to the job: none for what is free or reserved already."""
    return {
        name(feature, call): OpenCharge(feature=feature, micro_usd=price, state=ChargeState.RESERVED, create_time=now)
        for feature, price in prices.items()
        if price > 0 and name(feature, call) not in job.charges
    }


def marked(job: Job, names: Collection[str], state: ChargeState) -> dict[str, OpenCharge]:
    """The job's open charges with those of `names` in `state`."""
    return {key: replace(charge, state=state) if key in names else charge for key, charge in job.charges.items()}


def close(job: Job, *, refused: Collection[str] = (), known: bool) -> tuple[Job, tuple[Closed, ...]]:
    """The job without open charges and with their cost, and what became of each.

    `refused`: names of calls that the service surely did not bill. `known`: it is the worker itself who closes, so
    that a call without an answer is no guess.
    """
    if not job.charges:
        return job, ()
    closed = tuple(_closed(job, key, charge, key in refused, known) for key, charge in sorted(job.charges.items()))
    cost = dict(job.cost)
    for one in closed:
        for line in (one.charge.feature, TOTAL) if one.spent else ():
            cost[line] = cost.get(line, 0) + one.spent
    return replace(job, charges={}, cost=cost), closed


def _closed(job: Job, key: str, charge: OpenCharge, was_refused: bool, known: bool) -> Closed:
    unspent = charge.state is ChargeState.RESERVED or (charge.state is ChargeState.CALLED and was_refused)
    return Closed(
        name=key,
        attempt=job.attempt,
        charge=charge,
        spent=0 if unspent else charge.micro_usd,
        assumed=charge.state is ChargeState.CALLED and not known,
    )
