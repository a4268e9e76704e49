"""One seed, from its first request to the end of everything."""

from __future__ import annotations

from collections import Counter

import msgspec

from tools.chaos import client, invariants, keeper
from tools.chaos.profiles import Profile
from tools.chaos.timing import HORIZON, RARELY, SWEEP
from tools.chaos.world import Actor, World

JOBS = ("aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one seed."""

    seed: int
    violations: tuple[str, ...]
    faults: tuple[tuple[int, str], ...]
    outcomes: Counter[str]
    deliveries: int
    takeovers: int
    overlaps: int
    seconds: float  # virtual


def run(
    seed: int,
    profile: Profile,
    *,
    spared: frozenset[int] = frozenset(),
    history: list[str] | None = None,
    world_type: type[World] = World,
) -> Result:
    """Run the seed and judge it. `spared`: draws of fate that come to nothing. `history` is filled if it is given."""
    world = world_type(seed, profile, spared=spared, history=history)
    client.live(world, JOBS[0])
    if world.fate.happens("another job", profile.wishes["another job"]):
        client.live(world, JOBS[1])
    world.at(world.fate.between(60.0, SWEEP), _sweep, world)
    world.run()
    if not world.watch.violations:
        invariants.judge(world)
    watch = world.watch
    return Result(
        seed=seed,
        violations=tuple(watch.violations),
        faults=tuple(world.fate.fired),
        outcomes=watch.reasons + Counter({"DELETED": len(watch.deleted)}),
        deliveries=world.deliveries,
        takeovers=watch.takeovers,
        overlaps=watch.overlaps,
        seconds=world.now,
    )


def _sweep(world: World) -> None:
    if not world.queue and world.at_rest():
        return
    actor = Actor(world, "sweep")
    world.begin(actor, keeper.sweep(actor), lambda _: None)
    following = world.queue[0][0] - world.now if world.queue else RARELY
    pause = min(max(SWEEP, following), RARELY) if world.now > 5 * SWEEP else SWEEP
    if world.now < HORIZON:
        world.at(pause, _sweep, world)
