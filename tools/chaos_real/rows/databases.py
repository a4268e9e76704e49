"""Rows 7 to 9: Firestore that refuses, forgets to answer, or takes too long."""

from __future__ import annotations

from typing import Final

from localcloud.faults.effects import Error, Span
from localcloud.faults.rule import Rule
from tools.chaos_real.scene import Scene

SITES: Final = ("jobs/", "outbox/", "ledger/", "requests/", "quotas/", "cache/")  # whose reads and writes fail
TOO_LATE: Final = Span(5200, 5800)  # milliseconds; the functions wait five seconds for a call


def aborted(scene: Scene, runs: int) -> None:
    """Three commits of ten meet another's; then five in a row do."""
    often = Rule(call="firestore.Commit", effect=Error(code="ABORTED"), p=0.3, seed=scene.seed)
    with scene.faults(often):
        scene.final(scene.crowd(runs - runs // 3))
    for _ in range(runs // 3):
        after = scene.rng.randrange(6)
        in_a_row = Rule(call="firestore.Commit", effect=Error(code="ABORTED"), after=after, count=5)
        with scene.faults(in_a_row):
            scene.final(scene.crowd(1))
    scene.runs = runs


def unavailable(scene: Scene, runs: int) -> None:
    """Each kind of document in turn: reads fail, commits fail before they are applied, and after."""
    ways = [
        rule
        for site in SITES
        for rule in (
            Rule(call="firestore.BatchGetDocuments", effect=_AWAY, p=0.3, match={"document": site}),
            Rule(call="firestore.Commit", effect=_AWAY, p=0.4, match={"document": site}),
            Rule(call="firestore.Commit", effect=_AWAY, p=0.4, applied=True, match={"document": site}),
        )
    ]
    for number, rule in enumerate(ways):
        share = runs * (number + 1) // len(ways) - runs * number // len(ways)
        if share:
            with scene.faults(rule):
                scene.final(scene.crowd(share))
    scene.runs = runs


def too_late(scene: Scene, runs: int) -> None:
    """Commits whose answer comes after the caller's deadline, applied or not, and some that say so at once."""
    rules = (
        Rule(call="firestore.Commit", delay_ms=TOO_LATE, applied=True, p=0.06, seed=scene.seed),
        Rule(call="firestore.Commit", delay_ms=TOO_LATE, effect=_LATE, p=0.06, seed=scene.seed + 1),
        Rule(call="firestore.Commit", effect=_LATE, applied=True, p=0.1, seed=scene.seed + 2),
    )
    with scene.faults(*rules):
        scene.final(scene.crowd(runs))
    scene.runs = runs


_AWAY: Final = Error(code="UNAVAILABLE")
_LATE: Final = Error(code="DEADLINE_EXCEEDED")
