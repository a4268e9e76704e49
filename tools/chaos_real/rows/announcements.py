"""Row 24: events that cannot be published, that may have been, and that come twice or late."""

from __future__ import annotations

from localcloud.faults.effects import Drop, Duplicate, Error
from localcloud.faults.rule import Rule
from localcloud.topology import EVENTS
from tools.chaos_real.scene import Scene
from tools.chaos_real.witness import KEPT


def unreliable(scene: Scene, runs: int) -> None:
    """Publishing is refused, or done and not answered, or doubled; deliveries are lost, and doubled."""
    events = {"topic": EVENTS}
    kept = {"subscription": KEPT}
    rules = (
        Rule(call="pubsub.Publish", effect=Error(code="PERMISSION_DENIED"), p=0.15, match=events),
        Rule(call="pubsub.Publish", effect=Error(code="UNAVAILABLE"), p=0.15, match=events),
        Rule(call="pubsub.Publish", effect=Error(code="INTERNAL"), applied=True, p=0.15, match=events),
        Rule(call="pubsub.Publish", effect=Drop(), applied=True, p=0.15, match=events),
        Rule(call="pubsub.Publish", effect=Duplicate(ids="new", copies=2), p=0.2, match=events),
        Rule(call="pubsub.deliver", effect=Duplicate(ids="same"), p=0.2, match=kept),
    )
    with scene.faults(*rules):
        scene.final(scene.crowd(runs))
        scene.quiet()
    scene.runs = runs
