"""Plays rows on their stacks and says what each came to."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from tools.chaos_real import history
from tools.chaos_real.cloud import Cloud, running_cloud
from tools.chaos_real.instances import NotHere
from tools.chaos_real.row import Row
from tools.chaos_real.scene import scene
from tools.chaos_real.setting import SETTINGS
from tools.chaos_real.witness import Mailbox


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What a row came to.

    `runs` were done, `hits` faults were injected by rules, `outcomes` counts the ends of jobs; `story` has the history
    of each violation; `not_here` says what the machine lacks for the row, which was not played then.
    """

    number: int
    runs: int = 0
    hits: int = 0
    seconds: float = 0.0
    outcomes: dict[str, int] = {}
    violations: tuple[str, ...] = ()
    story: tuple[str, ...] = ()
    not_here: str = ""


def perform(stack: str, plays: Sequence[tuple[Row, int]], seed: int, say: Callable[[str], None]) -> Iterator[Played]:
    """Play rows of one setting, one after the other, on a stack of their own; `plays` are rows with their runs."""
    count = sum(runs for _, runs in plays)
    with (
        tempfile.TemporaryDirectory(prefix="loupe-chaos-") as folder,
        running_cloud(Path(folder), SETTINGS[stack], count) as cloud,
        Mailbox(cloud) as mailbox,
    ):
        for row, runs in plays:
            say(f"row {row.number}: {row.fault} …")
            yield _play(row, runs, cloud, mailbox, Path(folder), seed)


def _play(row: Row, runs: int, cloud: Cloud, mailbox: Mailbox, folder: Path, seed: int) -> Played:
    began = time.monotonic()
    with scene(row, cloud, mailbox, folder, seed=seed) as act:
        assert row.play is not None
        failed = ""
        try:
            row.play(act, runs)
        except NotHere as lacking:
            return Played(number=row.number, not_here=str(lacking))
        except Exception:  # noqa: BLE001 - whatever it was, the rest of the matrix is played, and this row has failed
            failed = traceback.format_exc()
            cloud.faults.clear()
        evidence = act.rest()
        violations = act.judged(evidence)
        ends = Counter(history.end_of(evidence.job(job_id)) for job_id in act.cases)
        story = [line for violation in violations[:5] for line in history.tell(violation, act, evidence)]
        if failed:
            story += ["the row broke off:", *failed.splitlines()]
        return Played(
            number=row.number,
            runs=act.runs,
            hits=act.hits,
            seconds=round(time.monotonic() - began, 1),
            outcomes=dict(sorted(ends.items())),
            violations=(*map(str, violations), *(("I1: the row broke off",) if failed else ())),
            story=tuple(story),
        )
