"""The supervisor, as a real process over real processes: nothing outlives it, and what crashes comes back."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from localcloud.supervisor import background, state
from localcloud.supervisor.ports import free_ports

ROOT = Path(__file__).parents[4]
SCRIPT = Path(__file__).with_name("tiny_stack.py")


@dataclass
class TinyStack:
    data: Path
    port: int
    process: subprocess.Popen[str]

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def everything(self) -> str:
        self.process.wait(10)
        return self.process.stdout.read()

    def running(self) -> state.Running:
        found = state.running(self.data)
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        return next(process.pid for process in self.running().processes if process.name == name)

    def everybody(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except OSError:
                return False


def launch(data: Path, port: int, *words: str) -> TinyStack:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(data), str(port), *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return TinyStack(data, port, process)


@contextlib.contextmanager
def closing(stack: TinyStack) -> Iterator[TinyStack]:
    try:
        yield stack
    finally:
        stack.process.terminate()
        stack.process.wait(10)
        for pipe in (stack.process.stdin, stack.process.stdout):
            pipe.close()


@pytest.fixture
def port() -> int:
    return free_ports().upload


@pytest.fixture
def stack(tmp_path, port) -> Iterator[TinyStack]:
    with closing(launch(tmp_path / "data", port)) as started:
        assert started.line() == "up"
        yield started


def gone(processes: list[psutil.Process], within: float = 8) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            return True
        time.sleep(0.02)
    return False


def kill_at_once(processes: list[psutil.Process]) -> None:
    """None of them lives long enough to see another one die."""
    for process in processes:
        process.suspend()
    for process in processes:
        process.kill()


def test_a_ready_stack_answers_and_is_described_in_its_state_file(stack):
    running = stack.running()
    assert stack.healthy()
    assert running.supervisor.pid == stack.process.pid
    assert [process.name for process in running.processes] == ["localcloud", "upload"]
    assert running.urls["upload"] == f"http://127.0.0.1:{stack.port}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_removes_the_state_file(stack, number):
    everybody = stack.everybody()
    assert len(everybody) >= 5  # the supervisor, its leash, two programs, and what one of them started
    stack.process.send_signal(number)
    assert stack.process.wait(10) == 0
    assert gone(everybody)
    assert state.read(stack.data) is None


def test_a_killed_supervisor_leaves_no_process(stack):
    everybody = stack.everybody()
    stack.process.kill()
    stack.process.wait()
    assert gone(everybody)


def test_a_process_that_ignores_signals_does_not_outlive_a_killed_supervisor(tmp_path, port):
    with closing(launch(tmp_path / "data", port, "stubborn")) as stack:
        assert stack.line() == "up"
        everybody = stack.everybody()
        stack.process.kill()
        assert gone(everybody)


def test_a_stack_killed_together_with_its_leash_is_ended_by_the_next_start(stack):
    everybody = stack.everybody()
    programs = {process.pid for process in stack.running().processes}
    kill_at_once([process for process in everybody if process.pid not in programs])
    # Some may have ended by themselves, writing to somebody who no longer reads; the others have to be ended.
    survivors = [process for process in everybody if process.pid in programs]
    with closing(launch(stack.data, stack.port)) as again:
        assert again.line() == "up"
        assert gone(survivors)
        assert again.running().supervisor.pid == again.process.pid


def test_down_ends_a_stack_killed_together_with_its_leash(stack):
    everybody = stack.everybody()
    programs = {process.pid for process in stack.running().processes}
    kill_at_once([process for process in everybody if process.pid not in programs])
    stack.process.wait()
    assert background.stop(stack.data) is not None
    assert gone(everybody)
    assert background.stop(stack.data) is None


def test_down_returns_when_no_process_is_left(stack):
    everybody = stack.everybody()
    stopped = background.stop(stack.data)
    assert stopped is not None
    assert stopped.supervisor.pid == stack.process.pid
    assert gone(everybody, within=0.1)


def test_a_crashed_function_is_started_again_and_said_so(stack):
    before = stack.pid("upload")
    os.kill(before, signal.SIGKILL)
    assert stack.line() == "upload was ended by SIGKILL; starting it again in 0.1 s"
    assert stack.line() == "upload is ready again"
    assert stack.healthy()
    assert stack.pid("upload") != before


def test_a_crashed_local_cloud_is_started_again_without_what_it_had_started(stack):
    everybody = [process for process in stack.everybody() if process.ppid() == stack.pid("localcloud")]
    assert everybody
    os.kill(stack.pid("localcloud"), signal.SIGKILL)
    assert stack.line().startswith("localcloud was ended by SIGKILL")
    assert stack.line() == "localcloud is ready again"
    assert gone(everybody)


def test_a_function_that_cannot_start_ends_the_stack_with_the_end_of_its_log(tmp_path, port):
    with closing(launch(tmp_path / "data", port, "fail")) as stack:
        output = stack.everything()
        assert stack.process.returncode == 1
        assert "upload ended with code 1 before it was ready" in output
        assert "no such setting: UPLOADS_BUCKET" in output
        assert state.read(stack.data) is None


def test_a_second_stack_on_the_same_data_is_refused(stack, port):
    with closing(launch(stack.data, port)) as second:
        output = second.everything()
        assert f"already (pid {stack.process.pid})" in output


def test_a_temporary_stack_ends_with_its_owners_end_of_the_pipe(tmp_path, port):
    with closing(launch(tmp_path / "data", port, "temporary")) as stack:
        assert stack.line() == "up"
        everybody = stack.everybody()
        stack.process.stdin.close()
        assert gone(everybody)


def test_a_stack_waits_for_another_commands_private_one(tmp_path, port):
    with closing(launch(tmp_path / "data", port, "temporary", "private")) as first:
        assert first.line() == "up"
        with closing(launch(tmp_path / "data", port)) as second:
            assert "waiting for its end" in second.line()
            first.process.stdin.close()
            assert second.line() == "up"


def test_logs_are_kept_and_the_start_before_is_put_aside(stack):
    log = stack.data / "logs" / "localcloud.log"
    assert log.read_bytes() == b"\x1b[31mstarting\x1b[0m\nready\n"
    background.stop(stack.data)
    with closing(launch(stack.data, stack.port)) as again:
        assert again.line() == "up"
        assert log.with_suffix(".log.1").read_bytes() == log.read_bytes()
