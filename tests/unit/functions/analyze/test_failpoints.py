"""Fail-points: what they may say, when they hit, and what they do to a process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.analyze import failpoints
from functions.analyze.failpoints import POINTS, FailPoint, FailPointReached, arm, check, parse, reach
from functions.analyze.settings import Settings
from shared.settings import SettingsError, load
from tests.running import ROOT

ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT": "demo-loupe",
    "UPLOADS_BUCKET": "uploads",
    "DERIVED_BUCKET": "derived",
    "EVENTS_TOPIC": "projects/demo-loupe/topics/events",
    "UPLOADS_TOPIC": "projects/demo-loupe/topics/uploads",
    "PUSH_AUDIENCE": "https://analyze.example/",
    "PUSH_SERVICE_ACCOUNT": "pusher@example.iam.gserviceaccount.com",
}


@pytest.fixture(autouse=True)
def _disarmed():
    yield
    arm((), "", 0)


def hits(point: str, passes: int) -> list[bool]:
    """Which of so many passes of a point raise."""
    found = []
    for _ in range(passes):
        try:
            reach(point)
        except FailPointReached:
            found.append(True)
        else:
            found.append(False)
    return found


@pytest.mark.parametrize(
    ("spec", "point"),
    [
        ("after_claim=kill", FailPoint(point="after_claim", action="kill")),
        ("after_claim=kill:1", FailPoint(point="after_claim", action="kill", count=1)),
        ("after_read=raise@0.25", FailPoint(point="after_read", action="raise", p=0.25)),
        ("before_commit=stall:130s@0.2", FailPoint(point="before_commit", action="stall", seconds=130, p=0.2)),
        ("before_ack=stall:0.5s:3@.5", FailPoint(point="before_ack", action="stall", seconds=0.5, count=3, p=0.5)),
    ],
)
def test_a_fail_point_says_where_what_how_often_and_how_likely(spec, point):
    assert parse([spec]) == {point.point: point}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("after_lunch=kill", "There are: after_arrive, after_claim"),
        ("after_claim=explode", "There are: kill, stall, raise"),
        ("after_claim", "is not POINT=ACTION"),
        ("after_claim=kill:0", "is not POINT=ACTION"),
        ("after_claim=kill@0", "is not POINT=ACTION"),
        ("after_claim=kill@1.5", "is not POINT=ACTION"),
        ("after_claim=kill@-1", "is not POINT=ACTION"),
        ("after_claim=stall", "seconds go with stall"),
        ("after_claim=stall:0s", "seconds go with stall"),
        ("after_claim=stall:5", "seconds go with stall"),
        ("after_claim=kill:5s", "seconds go with stall"),
        ("after_claim=kill:٣", "is not POINT=ACTION"),
        ("", "is not POINT=ACTION"),
    ],
)
def test_a_fail_point_that_makes_no_sense_is_refused(spec, said):
    with pytest.raises(ValueError, match="FAILPOINTS") as refused:
        parse([spec])
    assert said in str(refused.value)


def test_a_point_is_armed_once():
    with pytest.raises(ValueError, match="twice"):
        parse(["after_claim=kill", "after_claim=raise"])


@given(spec=st.text(max_size=60))
def test_whatever_is_written_there_is_refused_or_understood(spec):
    try:
        found = parse([spec])
    except ValueError:
        return
    assert all(name in POINTS for name in found)


@pytest.mark.parametrize("spec", ["after_claim=kill:1", "after_claim=raise@0.5"])
def test_counts_and_probabilities_need_a_folder(spec):
    with pytest.raises(ValueError, match="FAILPOINTS_STATE"):
        check([spec], "")
    check([spec], "/somewhere")
    check(["after_claim=kill"], "")


def test_the_settings_take_a_list_and_refuse_nonsense():
    settings = load(Settings, {**ENVIRONMENT, "FAILPOINTS": "after_claim=kill, after_read=raise"})
    assert settings.failpoints == ("after_claim=kill", "after_read=raise")
    with pytest.raises(SettingsError, match="there is no point after_lunch"):
        load(Settings, {**ENVIRONMENT, "FAILPOINTS": "after_lunch=kill"})
    with pytest.raises(SettingsError, match="FAILPOINTS_STATE"):
        load(Settings, {**ENVIRONMENT, "FAILPOINTS": "after_claim=kill:1"})


def test_a_deployed_function_does_not_start_with_fail_points():
    with pytest.raises(SettingsError, match="FAILPOINTS must not be set on Google Cloud"):
        load(Settings, {**ENVIRONMENT, "K_SERVICE": "analyze", "FAILPOINTS": "after_claim=kill"})


@pytest.mark.parametrize("point", POINTS)
def test_without_fail_points_nothing_happens(point):
    reach(point)


def test_raise_raises_at_its_point_and_nowhere_else():
    arm(["after_read=raise"], "", 0)
    reach("after_claim")
    with pytest.raises(FailPointReached, match="after_read"):
        reach("after_read")


def test_a_stall_takes_its_time():
    arm(["after_read=stall:0.2s"], "", 0)
    began = time.monotonic()
    reach("after_read")
    assert 0.2 <= time.monotonic() - began < 1


def test_a_count_is_a_limit(tmp_path):
    arm(["after_read=raise:2"], str(tmp_path), 0)
    assert hits("after_read", 5) == [True, True, False, False, False]


@given(seed=st.integers(), p=st.floats(0.1, 0.9))
def test_the_same_seed_hits_the_same_passes(tmp_path_factory, seed, p):
    spec = [f"after_read=raise@{p:.3f}"]
    runs = []
    for _ in range(2):
        arm(spec, str(tmp_path_factory.mktemp("state")), seed)
        runs.append(hits("after_read", 30))
    assert runs[0] == runs[1]


def test_a_probability_is_what_it_says(tmp_path):
    arm(["after_read=raise@0.2"], str(tmp_path), 7)
    assert 50 < sum(hits("after_read", 500)) < 160


def test_passes_and_hits_can_be_watched(tmp_path):
    arm(["after_read=raise@0.5"], str(tmp_path / "new" / "folder"), 0)
    count = sum(hits("after_read", 40))
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "new" / "folder").iterdir()}
    assert sizes == {"after_read.passes": 40, "after_read.hits": count}


def _race(folder: str, results: multiprocessing.Queue) -> None:
    arm(["after_read=raise:10"], folder, 0)
    results.put(sum(hits("after_read", 50)))


def test_a_count_holds_for_all_processes_together(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    racers = [context.Process(target=_race, args=(str(tmp_path), results)) for _ in range(4)]
    for racer in racers:
        racer.start()
    total = sum(results.get(timeout=30) for _ in racers)
    for racer in racers:
        racer.join()
    assert total == 10
    assert (tmp_path / "after_read.passes").stat().st_size == 200


def test_kill_is_a_real_kill_and_spares_the_process_that_follows(tmp_path):
    script = (
        "from functions.analyze.failpoints import arm, reach\n"
        f"arm(['after_claim=kill:1'], {str(tmp_path)!r}, 0)\n"
        "reach('after_claim')\n"
        "print('survived')\n"
    )

    def run() -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    first, second = run(), run()
    assert (first.returncode, first.stdout) == (-signal.SIGKILL, "")
    assert (second.returncode, second.stdout) == (0, "survived\n")


def test_every_point_is_reached_somewhere_in_the_work():
    sources = "".join(path.read_text() for path in Path(failpoints.__file__).parent.glob("*.py"))
    assert [point for point in POINTS if f'reach("{point}")' not in sources] == []
