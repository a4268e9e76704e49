"""The files that a person means by naming files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Files in the order in which they were named, and the folders that could not be looked into, with the reason."""

    files: tuple[Path, ...]
    closed: tuple[tuple[Path, str], ...]


def find(named: Iterable[Path]) -> Found:
    """Every file named, and every file in every folder named, at any depth.

    Left out of folders is what begins with a dot. Links to files are followed and links to folders are not, so that a
    loop ends. What is neither file nor folder is kept: the intake says what it is.
    """
    files: list[Path] = []
    closed: list[tuple[Path, str]] = []
    for path in named:
        if path.is_dir():
            files += _inside(path, closed)
        else:
            files.append(path)
    return Found(files=tuple(files), closed=tuple(closed))


def _inside(folder: Path, closed: list[tuple[Path, str]]) -> list[Path]:
    def keep(error: OSError) -> None:
        closed.append((Path(os.fsdecode(error.filename or folder)), (error.strerror or str(error)).lower()))

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=keep):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
    return found
