"""What guarded children can be asked to do, and on which terms."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from functions.analyze.intake.guard import Guard, GuardStarvedError
from functions.analyze.intake.refusal import Refused
from functions.analyze.intake.tasks import JUDGE, TASKS
from functions.analyze.intake.verdict import Judged
from tests.unit.functions.analyze.intake.children import PHOTO, gone, judging, memory_of, only_pid
from tests.unit.functions.analyze.intake.pictures import ROOT, encoded, scene

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are watched through /proc")


ARCHIVE = {
    "__init__.py": "from .intake.guard import Guard\nfrom .intake.tasks import Task\n",
    "shared/turning.py": "def turned(data: bytes) -> bytes: return data[::-1]\n",
    "kinds/__init__.py": "",
    "kinds/backwards.py": "from shared.turning import turned\nfrom ..intake.wire import HEADER\n"
    "def answer(payload: bytes) -> bytes: return turned(payload[HEADER.size:])\n",
}


def run_archived(folder: Path, code: str) -> str:
    """What a program says in which the function's folder is the package `main`, with `shared` in it, as deployed."""
    main = folder / "main"
    shutil.copytree(ROOT / "shared", main / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    (main / "intake").symlink_to(ROOT / "functions" / "analyze" / "intake")
    for name, content in ARCHIVE.items():
        (main / name).parent.mkdir(exist_ok=True)
        (main / name).write_text(content)
    program = [sys.executable, "-c", f"import sys; sys.path.append('main'); import main; {code}"]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_it_works_where_the_function_is_the_root_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    code = "print(main.Guard(children=1).judge(open('photo.jpg', 'rb').read()).verdict)"
    assert run_archived(tmp_path, code) == "accepted\n"


def test_a_task_lies_anywhere_in_the_function_and_uses_what_functions_share(tmp_path: Path) -> None:
    code = (
        "task = main.Task(entry='kinds.backwards:answer', memory=2**30, seconds=8)\n"
        "print(main.Guard(children=1, tasks={'backwards': task}).run('backwards', b'HEADepuoL'))"
    )
    assert run_archived(tmp_path, code) == "b'Loupe'\n"


def test_every_task_is_there() -> None:
    for task in TASKS.values():
        module, _, name = task.entry.partition(":")
        source = (ROOT / "functions" / "analyze" / f"{module.replace('.', '/')}.py").read_text()
        assert f"\ndef {name}(" in source


def test_each_task_has_its_own_children_and_terms() -> None:
    tasks = {**judging(), "again": msgspec.structs.replace(TASKS[JUDGE], memory=2**29, seconds=3.0)}
    with Guard(children=1, tasks=tasks) as guard:
        expected = guard.judge(PHOTO)
        judge_pid = only_pid(guard)
        assert msgspec.msgpack.decode(guard.run("again", PHOTO), type=Judged) == expected
        (again_pid,) = guard.pids - {judge_pid}
        assert memory_of(judge_pid) == 2**30
        assert memory_of(again_pid) == 2**29
        guard.run("again", PHOTO)
        guard.judge(PHOTO)
        assert guard.pids == {judge_pid, again_pid}


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"entry": "intake.screen:describe"}, "DECODER_CRASHED"),  # it does not answer in bytes
        ({"entry": "intake.screen:unjudged"}, "DECODER_CRASHED"),
        ({"entry": "intake.wire:read_frame"}, "DECODER_CRASHED"),  # it raises
    ],
)
def test_a_task_that_fails_says_why_and_the_next_payload_is_not_harmed(terms: dict[str, Any], reason: str) -> None:
    tasks = {**judging(), "broken": msgspec.structs.replace(TASKS[JUDGE], **terms)}
    with Guard(children=1, tasks=tasks) as guard:
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                guard.run("broken", PHOTO)
            assert refused.value.reason == reason
        assert not guard.pids
        assert guard.judge(PHOTO).verdict == "accepted"


def test_a_task_that_hangs_is_ended_at_its_own_deadline() -> None:
    with Guard(children=1, tasks=judging(seconds=2.0)) as guard:
        guard.run(JUDGE, PHOTO)
        os.kill(only_pid(guard), signal.SIGSTOP)
        with pytest.raises(Refused) as refused:
            guard.run(JUDGE, PHOTO)
        assert refused.value.reason == "DECODER_TIMEOUT"


@pytest.fixture
def crowded() -> Iterator[int]:
    """A CPU on which something runs all the time."""
    cpu = max(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, [{cpu}])\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield cpu
        process.kill()


def test_a_photo_is_not_blamed_for_a_machine_that_lets_its_child_hardly_run(crowded: int) -> None:
    with Guard(children=1, tasks=judging(seconds=1.0)) as guard:
        guard.judge(PHOTO)
        pid = only_pid(guard)
        os.sched_setaffinity(pid, [crowded])
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        with pytest.raises(GuardStarvedError):
            guard.judge(encoded(scene(4000, 3000), "PNG"))
        assert gone(pid)
        assert guard.judge(PHOTO).verdict == "accepted"


def test_there_is_no_other_task() -> None:
    with Guard(children=1, tasks=judging()) as guard, pytest.raises(KeyError):
        guard.run("anything", PHOTO)
