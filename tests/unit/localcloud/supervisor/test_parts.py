"""The pure parts of the supervisor: the plan, the ports, the state file, the logs."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.ground import Ports
from localcloud.supervisor import ports, state
from localcloud.supervisor.logs import Log, printable
from localcloud.supervisor.plan import FUNCTIONS, Plan, parse_overrides

PLAN = Plan(data=Path("/data"), ports=Ports(analyze=7003), page_token_secret="0123456789abcdef")


def program(plan: Plan, name: str):
    return next(program for program in plan.programs() if program.name == name)


def test_the_stack_is_the_local_cloud_and_every_function():
    assert [program.name for program in PLAN.programs()] == ["localcloud", *FUNCTIONS]


def test_a_function_sees_nothing_of_the_callers_environment_but_the_basics(monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret.json")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = program(PLAN, "analyze").environment
    assert not {"GOOGLE_APPLICATION_CREDENTIALS", "HTTPS_PROXY"} & set(environment)
    assert environment["LANG"] == "C.UTF-8"


def test_every_function_finds_the_services_of_its_own_stack():
    plan = replace(PLAN, ports=Ports(firestore=6001, storage=6002, auth=6003))
    for name in FUNCTIONS:
        environment = program(plan, name).environment
        assert environment["FIRESTORE_EMULATOR_HOST"] == "127.0.0.1:6001"
        assert environment["STORAGE_EMULATOR_HOST"] == "http://127.0.0.1:6002"
        assert not any("6003" not in value for key, value in environment.items() if key.endswith("KEYS_URL"))


def test_nothing_is_paid_locally():
    environment = program(PLAN, "analyze").environment
    assert environment["VISION_TEXT_MICRO_USD"] == environment["VISION_PROPERTIES_MICRO_USD"] == "0"


def test_pushes_are_signed_for_the_address_they_go_to():
    assert program(PLAN, "analyze").environment["PUSH_AUDIENCE"] == "http://127.0.0.1:7003/"


def test_the_local_cloud_itself_takes_overrides():
    plan = replace(PLAN, overrides=parse_overrides(("localcloud.SWEEP_EVERY_SECONDS=5",)))
    assert program(plan, "localcloud").environment["SWEEP_EVERY_SECONDS"] == "5"
    assert "SWEEP_EVERY_SECONDS" not in program(plan, "analyze").environment


def test_an_override_reaches_only_its_function():
    plan = replace(PLAN, overrides=parse_overrides(("analyze.LEASE_SECONDS=5", "upload.CORS_ORIGINS=https://a=b")))
    assert program(plan, "analyze").environment["LEASE_SECONDS"] == "5"
    assert program(plan, "upload").environment["CORS_ORIGINS"] == "https://a=b"
    assert "LEASE_SECONDS" not in program(plan, "status").environment


@pytest.mark.parametrize("text", ["LEASE_SECONDS=5", "analyze.LEASE_SECONDS", "resize.X=1", "analyze.=1", ""])
def test_an_override_that_is_none_is_refused_by_name(text):
    with pytest.raises(ValueError, match=r"resize|is not FUNCTION\.VARIABLE=VALUE"):
        parse_overrides((text,))


def test_a_taken_port_is_named_with_its_service_its_holder_and_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(ports.PortsTaken) as refusal:
            ports.require_free(replace(ports.free_ports(), storage=taken))
    assert f"Port {taken} (storage) is taken by" in str(refusal.value)
    assert f"(pid {os.getpid()})" in str(refusal.value)
    assert "--free-ports" in str(refusal.value)


def test_only_taken_ports_are_replaced():
    with socket.create_server(("127.0.0.1", 0)) as server:
        wanted = replace(ports.free_ports(), storage=server.getsockname()[1])
        got = ports.usual_or_free(wanted)
    assert got.storage != wanted.storage
    assert replace(got, storage=wanted.storage) == wanted


def test_free_ports_are_all_different():
    chosen = [port for _, port in ports.free_ports()]
    assert len(set(chosen)) == len(chosen)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe"])
def test_a_state_file_that_is_none_counts_as_no_stack(tmp_path, content):
    (tmp_path / "stack.json").write_bytes(content)
    assert state.running(tmp_path) is None


def test_a_process_is_told_from_a_later_one_with_its_id():
    me = state.identify("test", os.getpid())
    assert me.alive
    assert not state.Process(name="test", pid=me.pid, start_time=me.start_time - 60).alive


def test_a_line_cannot_move_the_cursor_of_the_terminal():
    assert printable(b"\x1b[2Jok\tname \xff\r") == "�[2Jok    name �"


def test_a_log_hands_on_whole_lines_however_the_chunks_fall(tmp_path):
    lines: list[str] = []
    log = Log(tmp_path, "x", on_line=lines.append)
    for chunk in (b"on", b"e\ntwo\nth", b"ree\n"):
        log.write(chunk)
    log.close()
    assert lines == ["one", "two", "three"]
    assert log.tail() == "one\ntwo\nthree"
