"""The local stack as a whole: up, down, killed, in the way of others, and none of its processes left."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from localcloud.ground import Ports
from localcloud.supervisor import state
from localcloud.supervisor.ports import free_ports
from tests.stack import Stack, all_gone, command, environment, eventually, loupe


def port_options(ports: Ports) -> list[str]:
    return [part for name, port in ports for part in ("--port", f"{name}={port}")]


@pytest.fixture
def data(tmp_path) -> Iterator[Path]:
    """A data folder; whatever stack a test leaves running on it is stopped."""
    folder = tmp_path / "data"
    yield folder
    loupe("down", data=folder)


def up(data: Path) -> Stack:
    answer = loupe("up", "--detach", "--json", *port_options(free_ports()), data=data)
    assert answer.returncode == 0, answer.stderr
    found = state.running(data)
    assert found is not None
    assert json.loads(answer.stdout)["supervisor"]["pid"] == found.supervisor.pid
    return Stack(found)


@contextlib.contextmanager
def in_foreground(data: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("up", *port_options(free_ports()), *options),
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("function", ["upload", "status", "analyze"])
def test_every_function_of_a_ready_stack_answers_its_health_check(stack, function):
    answer = httpx.get(f"{stack.running.urls[function]}/healthz")
    assert answer.json()["function"] == function


def test_a_detached_stack_goes_on_and_down_leaves_no_process(data):
    processes = up(data).processes()
    assert len(processes) >= 9  # supervisor, leash, local cloud, and a master and a worker for each function
    answer = loupe("down", data=data)
    assert answer.returncode == 0
    assert all_gone(processes)
    assert state.read(data) is None


def test_killing_the_supervisor_leaves_no_process(data):
    processes = up(data).processes()
    processes[0].kill()
    assert eventually(lambda: all_gone(processes))


def test_a_stack_starts_again_after_its_supervisor_was_killed(data):
    first = up(data)
    first.processes()[0].kill()
    assert up(data).running.supervisor.pid != first.running.supervisor.pid


def test_ctrl_c_stops_everything_and_is_no_failure(data):
    with in_foreground(data) as process:
        assert eventually(lambda: state.running(data) is not None)
        processes = Stack(state.running(data)).processes()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert all_gone(processes)


def test_a_running_stack_says_where_it_is_and_what_to_try(data):
    with in_foreground(data) as process:
        said = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        for name, url in state.running(data).urls.items():
            assert f"{name} " in said
            assert url in said
        assert "loupe analyze photo.jpg --kind inspection" in said


def test_verbose_shows_what_each_process_prints(data):
    with in_foreground(data, "--verbose") as process:
        assert any("localcloud │ ready" in line for line in iter(process.stderr.readline, ""))


def test_bringing_up_what_is_up_says_so(data):
    first = up(data)
    answer = loupe("up", data=data)
    assert answer.returncode == 0
    assert f"It is up already, with process {first.running.supervisor.pid}" in answer.stderr


def test_a_taken_port_is_named_with_its_holder_and_the_way_out(data):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        answer = loupe("up", "--port", f"storage={taken}", data=data)
    assert answer.returncode == 1
    assert f"Port {taken} (storage) is taken by" in answer.stderr
    assert "loupe up --free-ports" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_taken_port_is_gone_round_when_asked_to(data):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        options = port_options(free_ports())
        answer = loupe("up", "-d", "--json", *options, "--port", f"storage={taken}", "--free-ports", data=data)
    assert answer.returncode == 0
    assert json.loads(answer.stdout)["ports"]["storage"] != taken


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "storage"], "is not SERVICE=PORT"),
        (["--port", "storage=99999"], "is not SERVICE=PORT"),
        (["--port", "disk=80"], "the services are firestore"),
        (["--set", "LEASE_SECONDS=5"], "is not FUNCTION.VARIABLE=VALUE"),
        (["--set", "resize.X=5"], "there are upload, status, analyze"),
    ],
)
def test_a_wrong_option_of_up_is_refused_with_what_there_is(data, options, said):
    answer = loupe("up", *options, data=data)
    assert answer.returncode == 2
    assert said in answer.stderr


def test_a_setting_that_a_function_refuses_is_in_the_message(data):
    answer = loupe(
        "up", "-d", *port_options(free_ports()), "--set", "analyze.FUNCTION_SIGNATURE_TYPE=sculpture", data=data
    )
    assert answer.returncode == 1
    assert "analyze ended with code" in answer.stderr
    assert "sculpture" in answer.stderr
    assert state.read(data) is None


def test_down_without_a_stack_is_no_failure(data):
    answer = loupe("down", data=data)
    assert answer.returncode == 0
    assert "No stack is running" in answer.stderr


def test_nothing_in_the_callers_environment_reaches_the_functions(stack):
    answer = loupe(
        "doctor", "--json", data=stack.data, FIRESTORE_EMULATOR_HOST="127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1"
    )
    assert json.loads(answer.stdout)["healthy"] is True
