"""Files that were made to break the intake, through the guard: a verdict in ten seconds, and nothing else happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.analyze.intake.guard import Guard
from functions.analyze.intake.verdict import Judged
from tests.unit.functions.analyze.intake.pictures import HEIC, encoded, scene
from tools.monsters import SCRIPT, cut, made, names

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are watched through /proc")

PHOTO = encoded(scene())
GIB = 2**20  # in kB
ENCODERS = ("JPEG", "PNG", "WEBP", "AVIF")
WHOLE = {name: encoded(scene(300, 300), name) for name in ENCODERS} | {
    "PROGRESSIVE": encoded(scene(300, 300), progressive=True),
    "HEIC": (HEIC / "sideways.heic").read_bytes(),
}


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(children=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def usual(guard: Guard) -> Judged:
    return guard.judge(PHOTO)


def largest(guard: Guard) -> int:
    """The most address space that the child ever had, in kB."""
    (pid,) = guard.pids
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmPeak"))


@pytest.mark.parametrize("name", names())
def test_a_monster_is_judged_in_time_and_harms_no_other_photo(guard: Guard, usual: Judged, name: str) -> None:
    monster, before = made(name), guard.pids
    began = time.monotonic()
    judged = guard.judge(monster.data, declared_type=monster.declared)
    assert time.monotonic() - began <= 10
    assert judged.reason == monster.reason
    assert not leaked(judged)
    assert guard.judge(PHOTO) == usual
    assert guard.pids == before, "it has ended its child"
    assert largest(guard) <= GIB
    assert guard.judge(monster.data, declared_type=monster.declared).reason == judged.reason


def test_a_child_holds_one_photo_at_a_time() -> None:
    large = made("JPEG of 5 million segments").data
    with Guard(children=1) as fresh:
        fresh.judge(large)
        (pid,) = fresh.pids
        once = resident(pid)
        for _ in range(3):
            fresh.judge(large)
        assert fresh.pids == {pid}
        assert resident(pid) - once < len(large) // 2


def resident(pid: int) -> int:
    """The most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def leaked(judged: Judged) -> bool:
    """Whether something of what was hidden in a photo is in a picture made of it."""
    made = [picture.data for picture in (judged.normalized, judged.thumbnail) if picture]
    return any(trace in data for data in made for trace in (SCRIPT, b"PK\x03\x04", b"script"))


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_broken_off_at_every_64th_is_refused_and_harms_no_other_photo(
    guard: Guard, usual: Judged, name: str
) -> None:
    assert guard.judge(WHOLE[name]).verdict == "accepted"
    for part in cut(WHOLE[name]):
        assert guard.judge(part).reason in {"UNREADABLE", "UNSUPPORTED_TYPE"}
    assert guard.judge(PHOTO) == usual
