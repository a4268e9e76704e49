"""How rough the world is: the chance of every fault, per step, call or run."""

from __future__ import annotations

from typing import Final

import msgspec

from tools.chaos.fate import Table, table


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The chances of one kind of weather. Times are seconds."""

    name: str
    step: Table  # before each step of any process
    transaction: Table  # each try of a database transaction
    call: Table  # each call of Cloud Storage
    vision: Table
    publish: Table
    notification: Table  # each notification of Cloud Storage
    delivery: Table  # each delivery of Pub/Sub
    read: float  # a read of the database is not answered
    outage: float  # Cloud Storage or the database is away for up to four hours, per run and service
    bug: float  # a worker breaks, per attempt
    bad_photo: float  # a photo that can never be analysed, per job
    stall: tuple[float, float]
    near_skew: float  # clocks are right within this
    far_skew: float  # or, in some runs, within this
    far_skews: float  # the share of those runs
    wishes: dict[str, float]  # what clients do besides, per job
    bare: float  # the share of runs in which nothing is redelivered by the sweep, and no notification gets lost


def _profile(
    name: str, rate: float, *, killed: float, duplicates: float, far: float, wish: float, bare: float
) -> Profile:
    return Profile(
        name=name,
        step=table({"crash": killed, "stall": killed}),
        transaction=table(
            {
                "lost": rate,
                "lost, given up": rate / 3,
                "applied, unanswered": rate,
                "applied, given up": rate / 3,
                "applied, crash": rate / 3,
                "others in between": 2 * rate,
            }
        ),
        call=table(
            {
                "unavailable": rate,
                "applied, unavailable": rate / 3,
                "applied, crash": rate / 6,
                "others in between": rate,
            }
        ),
        vision=table(
            {
                "unavailable": rate,
                "refused": rate,
                "timeout, billed": rate,
                "timeout, not billed": rate,
                "error in the answer": rate,
                "answered, crash": rate / 2,
            }
        ),
        publish=table({"not accepted": rate, "accepted, unanswered": rate, "accepted, crash": rate / 2}),
        notification=table({"notification lost": rate, "notification twice": duplicates, "notification late": rate}),
        delivery=table({"delivered twice": duplicates, "acknowledgement lost": rate}),
        read=rate / 3,
        outage=rate / 2,
        bug=rate / 2,
        bad_photo=0.03,
        stall=(60.0, 900.0) if rate < 0.05 else (60.0, 2400.0),
        near_skew=5.0,
        far_skew=300.0,
        far_skews=far,
        wishes={
            "cancel": wish,
            "delete": wish,
            "retry": 4 * wish,
            "reprocess": wish,
            "link": wish,
            "second put": wish,
            "photo never sent": wish / 2,
            "overwritten": wish / 4,
            "budget used up": wish,
            "another job": wish,
        },
        bare=bare,
    )


MILD: Final = _profile("mild", 0.01, killed=0.01, duplicates=0.2, far=0.05, wish=0.05, bare=0.3)
HARSH: Final = _profile("harsh", 0.06, killed=0.03, duplicates=0.5, far=0.3, wish=0.15, bare=0.3)
CALM: Final = _profile("calm", 0.0, killed=0.0, duplicates=0.0, far=0.0, wish=0.0, bare=0.5)
PROFILES: Final = {profile.name: profile for profile in (MILD, HARSH, CALM)}
