from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.analyze.intake.guard import Guard, GuardUnavailableError
from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.tasks import JUDGE
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.children import (
    PHOTO,
    descriptors,
    gone,
    judging,
    limits_of,
    mid_photo,
    only_pid,
    state,
    wait_until,
)
from tests.unit.functions.analyze.intake.pictures import ROOT, encoded, png_bomb, scene

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are watched through /proc")


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(children=1, tasks=judging(seconds=8.0)) as opened:
        yield opened


def test_the_guard_says_what_the_core_says(guard: Guard) -> None:
    assert guard.judge(PHOTO, declared_type="image/jpeg") == judge_photo(PHOTO, policy=default_policy())
    assert guard.judge(PHOTO[:5000]).reason == "UNREADABLE"
    assert guard.judge(b"").reason == "EMPTY_FILE"
    assert guard.judge(PHOTO, declared_type="image/png").reason == "TYPE_MISMATCH"
    assert guard.judge(PHOTO, declared_type="image/jpeg; \ud800").verdict == "accepted"


def test_children_are_used_again(guard: Guard) -> None:
    guard.judge(PHOTO)
    pid = only_pid(guard)
    for _ in range(5):
        assert guard.judge(PHOTO).verdict == "accepted"
    assert only_pid(guard) == pid


def test_a_child_that_is_killed_in_the_middle_of_a_photo_rejects_that_photo_only(guard: Guard) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, judging = mid_photo(guard, pool)
        os.kill(pid, signal.SIGKILL)
        judged = judging.result(timeout=8)
    assert (judged.verdict, judged.reason) == ("rejected", "DECODER_CRASHED")
    assert (judged.type, judged.size) == ("image/jpeg", len(PHOTO))
    assert judged.sha256
    assert gone(pid)
    assert guard.judge(PHOTO).verdict == "accepted"
    assert only_pid(guard) != pid


def test_a_child_that_crashes_is_no_different(guard: Guard) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, judging = mid_photo(guard, pool)
        os.kill(pid, signal.SIGSEGV)
        os.kill(pid, signal.SIGCONT)
        assert judging.result(timeout=8).reason == "DECODER_CRASHED"
    assert guard.judge(PHOTO).verdict == "accepted"


def test_a_child_that_ran_out_of_cpu_time_timed_out(guard: Guard) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, judging = mid_photo(guard, pool)
        os.kill(pid, signal.SIGXCPU)
        os.kill(pid, signal.SIGCONT)
        assert judging.result(timeout=8).reason == "DECODER_TIMEOUT"


def test_a_shutdown_of_the_process_group_does_not_reject_the_photo_in_hand(guard: Guard) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, judging = mid_photo(guard, pool)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCONT):
            os.kill(pid, number)
        assert judging.result(timeout=8).verdict == "accepted"


def test_a_child_that_hangs_is_replaced_at_the_deadline() -> None:
    with Guard(children=1, tasks=judging(seconds=2.0)) as guard:
        guard.judge(PHOTO)
        pid = only_pid(guard)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        judged = guard.judge(PHOTO)
        assert time.monotonic() - started < 8
        assert (judged.verdict, judged.reason) == ("rejected", "DECODER_TIMEOUT")
        assert gone(pid)
        assert guard.judge(PHOTO).verdict == "accepted"


def test_a_photo_larger_than_a_pipe_holds_meets_the_deadline_as_well() -> None:
    with Guard(children=1, tasks=judging(seconds=2.0)) as guard:
        guard.judge(PHOTO)
        os.kill(only_pid(guard), signal.SIGSTOP)
        assert guard.judge(PHOTO + bytes(4_000_000)).reason == "DECODER_TIMEOUT"


def test_a_photo_that_needs_too_much_memory_is_rejected_and_the_next_is_not() -> None:
    bomb = png_bomb(7000, 7000, channels=3)
    with Guard(children=1) as guard:
        assert guard.judge(bomb).reason == "EMPTY"
    with Guard(children=1, tasks=judging(memory=400 * 2**20)) as guard:
        judged = guard.judge(bomb)
        assert (judged.verdict, judged.reason) == ("rejected", "TOO_MUCH_MEMORY")
        assert guard.judge(PHOTO).verdict == "accepted"


def test_a_child_that_dies_between_photos_costs_none(guard: Guard) -> None:
    guard.judge(PHOTO)
    pid = only_pid(guard)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: state(pid) == "Z")
    assert guard.judge(PHOTO).verdict == "accepted"


def test_many_threads_share_a_few_children() -> None:
    photos = [encoded(scene(300, 300, seed=seed)) for seed in range(4)]
    alone = [judge_photo(photo, policy=default_policy()) for photo in photos]
    with Guard(children=2) as guard, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(guard.judge, photos * 10)) == alone * 10
        assert len(guard.pids) <= 2


def test_warming_starts_a_child_before_the_first_photo(guard: Guard) -> None:
    guard.warm()
    wait_until(lambda: bool(guard._idle[JUDGE]))
    pid = only_pid(guard)
    guard.judge(PHOTO)
    assert only_pid(guard) == pid


def test_closing_leaves_no_process_and_no_descriptor() -> None:
    before = descriptors()
    guard = Guard(children=2)
    guard.judge(PHOTO)
    pid = only_pid(guard)
    guard.close()
    assert gone(pid)
    assert descriptors() <= before
    with pytest.raises(RuntimeError, match="closed"):
        guard.judge(PHOTO)


def test_a_photo_in_hand_is_finished_when_the_guard_closes(guard: Guard) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, judging = mid_photo(guard, pool)
        guard.close()
        os.kill(pid, signal.SIGCONT)
        assert judging.result(timeout=8).verdict == "accepted"
    assert gone(pid)


def test_no_interpreter_is_no_verdict_on_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with Guard(children=1) as guard, pytest.raises(GuardUnavailableError):
        guard.judge(PHOTO)


def test_decoders_that_do_not_load_are_no_verdict_on_the_photo() -> None:
    with Guard(children=1, tasks=judging(memory=60 * 2**20)) as guard, pytest.raises(GuardUnavailableError):
        guard.judge(PHOTO)


def test_the_child_is_given_no_secrets_and_no_descriptors(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_SECRET", "hush")
    read, write = os.pipe()
    os.set_inheritable(write, True)
    guard.judge(PHOTO)
    child = Path(f"/proc/{only_pid(guard)}")
    assert b"LOUPE_SECRET" not in (child / "environ").read_bytes()
    assert f"pipe:[{os.fstat(write).st_ino}]" not in {str(link.readlink()) for link in (child / "fd").iterdir()}
    os.close(read)
    os.close(write)


def test_the_child_is_limited(guard: Guard) -> None:
    guard.judge(PHOTO)
    values = limits_of(only_pid(guard))
    assert values["Max address space"] == str(2**30)
    assert values["Max core file size"] == "0"
    assert int(values["Max cpu time"]) < 60


def run(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_the_parent_stays_light() -> None:
    code = "import sys, functions.analyze.intake.guard; print(*{'numpy', 'PIL'} & set(sys.modules), sep=',')"
    assert run(code).communicate()[0].strip() == ""


def test_a_parent_that_is_killed_leaves_no_child() -> None:
    code = (
        "import sys, time; from functions.analyze.intake.guard import Guard; guard = Guard(children=1); guard.warm()\n"
        "while not guard._idle['judge']: time.sleep(0.01)\n"
        "print(*guard.pids, flush=True); time.sleep(60)"
    )
    parent = run(code)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until(lambda: gone(pid))


def test_waiting_for_a_turn_ends_when_a_child_is_free(guard: Guard) -> None:
    with ThreadPoolExecutor(2) as pool:
        pid, first = mid_photo(guard, pool)
        second = pool.submit(guard.judge, PHOTO)
        os.kill(pid, signal.SIGCONT)
        assert first.result(timeout=8).verdict == second.result(timeout=8).verdict == "accepted"


def test_a_photo_that_breaks_the_decoders_own_library_is_rejected_and_the_next_one_judged(guard: Guard) -> None:
    """Five thousand damaged bytes in which libheif 1.23.0 reads where nothing is: found by `make fuzz`."""
    broken = (Path(__file__).parent / "files" / "crashes-libheif.heic").read_bytes()
    assert guard.judge(broken).verdict == "rejected"
    assert guard.judge(encoded(scene())).verdict == "accepted"
