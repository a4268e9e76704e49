"""The lines that are added to a folder of logs, whatever becomes of the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

CHUNK: Final = 1024 * 1024  # bytes read at once
LONGEST: Final = 64 * 1024  # bytes; the beginning of a longer line is passed over


class Tail:
    """Hands on each complete line of every `*.log` once. A file that is put aside is read to its end first."""

    def __init__(self, folder: Path, hear: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._hear = hear
        self._open: dict[Path, tuple[BinaryIO, bytes]] = {}

    def read(self) -> None:
        """Read what is new. A folder or file that is not there (yet, or any more) is no error."""
        for path in sorted(self._folder.glob("*.log")):
            kept = self._open.get(path)
            if kept is not None:
                self._drain(path)
                if _same(kept[0], path):
                    continue
                kept[0].close()
                del self._open[path]
            try:
                self._open[path] = path.open("rb"), b""
            except OSError:
                continue
            self._drain(path)

    def close(self) -> None:
        """Let go of all files."""
        for file, _ in self._open.values():
            file.close()
        self._open.clear()

    def _drain(self, path: Path) -> None:
        file, rest = self._open[path]
        while chunk := file.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._hear(line)
            rest = rest[-LONGEST:]
        self._open[path] = file, rest


def _same(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
