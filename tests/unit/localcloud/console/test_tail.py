"""Every complete line is handed on once, whatever becomes of the files."""

from __future__ import annotations

import pytest

from localcloud.console.tail import Tail


@pytest.fixture
def followed(tmp_path):
    heard: list[bytes] = []
    tail = Tail(tmp_path, heard.append)
    yield tmp_path, tail, heard
    tail.close()


def append(path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def test_lines_are_handed_on_once_and_only_when_they_are_complete(followed):
    folder, tail, heard = followed
    append(folder / "a.log", b"one\ntw")
    tail.read()
    append(folder / "a.log", b"o\nthree\n")
    tail.read()
    tail.read()
    assert heard == [b"one", b"two", b"three"]


def test_a_file_that_is_put_aside_is_read_to_its_end_first(followed):
    folder, tail, heard = followed
    append(folder / "a.log", b"one\n")
    tail.read()
    append(folder / "a.log", b"two\n")
    (folder / "a.log").rename(folder / "a.log.1")
    append(folder / "a.log", b"three\n")
    tail.read()
    assert heard == [b"one", b"two", b"three"]


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path):
    heard: list[bytes] = []
    tail = Tail(tmp_path / "logs", heard.append)
    tail.read()
    (tmp_path / "logs").mkdir()
    append(tmp_path / "logs" / "a.log", b"one\n")
    tail.read()
    tail.close()
    assert heard == [b"one"]


def test_a_line_without_an_end_does_not_fill_the_memory(followed):
    folder, tail, heard = followed
    append(folder / "a.log", b"x" * 3_000_000)
    tail.read()
    append(folder / "a.log", b"\nnext\n")
    tail.read()
    assert heard[-1] == b"next"
    assert len(heard[0]) <= 2_000_000
