"""Rows 10 and 11: Cloud Storage that fails in its many ways, or does not say that it has written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from localcloud.faults.effects import Corrupt, Drop, Error, Span, Truncate
from localcloud.faults.rule import Rule
from tools.chaos_real.scene import Scene

READ: Final = "storage.objects.media"
WRITE: Final = "storage.objects.insert"
GONE: Final = "PHOTO_GONE"

PASSING: Final[Sequence[tuple[Rule, ...]]] = (
    (Rule(call=READ, effect=Error(code="503"), p=0.4), Rule(call=WRITE, effect=Error(code="503"), p=0.2)),
    (Rule(call=READ, effect=Error(code="429"), p=0.4), Rule(call=WRITE, effect=Error(code="429"), p=0.2)),
    (Rule(call=READ, effect=Truncate(share=0.5), p=0.4), Rule(call=WRITE, effect=Truncate(share=0.5), p=0.2)),
    (Rule(call=READ, effect=Truncate(share=0.5, silent=True), p=0.4),),
    (Rule(call=READ, effect=Corrupt(part="header"), p=0.4), Rule(call=READ, effect=Corrupt(part="body"), p=0.2)),
)
SLOW: Final = Rule(call=READ, delay_ms=Span(30_000, 30_000), p=0.5)


def misbehaving(scene: Scene, runs: int) -> None:
    """503, 429, cut and changed bodies in turn; then 404 for good, which fails the job; then 30 s of silence."""
    ways = len(PASSING) + 2
    for rules in PASSING:
        with scene.faults(*rules):
            scene.final(scene.crowd(max(1, runs // ways)))
    with scene.faults(Rule(call=READ, effect=Error(code="404"))):
        gone = scene.crowd(max(1, runs // ways), fails=GONE)
        scene.final(gone)
    with scene.faults(SLOW):
        scene.final(scene.crowd(max(1, runs - (runs // ways) * (ways - 1))))
    scene.runs = len(scene.cases)


def already_there(scene: Scene, runs: int) -> None:
    """Derived pictures are written and the connection ends: the client's second try finds its own first (412)."""
    lost = Rule(call=WRITE, effect=Drop(), applied=True, p=0.6, seed=scene.seed)
    with scene.faults(lost):
        scene.final(scene.crowd(runs))
    scene.runs = runs
