"""DATA/logs/NAME.log: what a process of the stack prints, from its last start; the start before is NAME.log.1."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

LIMIT: Final = 16 * 1024 * 1024  # bytes; then the file is put aside and a new one begins
LINE_LIMIT: Final = 64 * 1024  # bytes; a longer line is shown in pieces
TAIL: Final = 12  # lines that a message about a failed start quotes

Echo = Callable[[str, str], None]  # name of the process, one line


class Log:
    """Takes a process's output in chunks, keeps it, and hands on its lines."""

    def __init__(self, folder: Path, name: str, *, on_line: Callable[[str], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.log"
        self._on_line = on_line
        self._rest = b""
        self._put_aside()

    def write(self, chunk: bytes) -> None:
        """Keep a chunk of output, and hand on the lines that end in it."""
        # A full disk costs the log, not the stack.
        with contextlib.suppress(OSError):
            self._keep(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_LIMIT:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._on_line(printable(line))

    def tail(self) -> str:
        """The last lines, for a message about what went wrong."""
        return "\n".join(printable(line) for line in self.path.read_bytes().splitlines()[-TAIL:])

    def close(self) -> None:
        """Nothing more will come."""
        self._file.close()

    def _keep(self, chunk: bytes) -> None:
        if self._file.tell() + len(chunk) > LIMIT:
            self._file.close()
            self._put_aside()
        self._file.write(chunk)

    def _put_aside(self) -> None:
        if self.path.exists():
            self.path.replace(self.path.with_suffix(".log.1"))
        self._file = self.path.open("ab", buffering=0)


def printable(line: bytes) -> str:
    """A line as it can be shown on a terminal without moving its cursor or changing its colours."""
    text = line.decode("utf-8", "replace").replace("\t", "    ")
    return "".join(character if character.isprintable() else "�" for character in text.rstrip("\r"))
