"""The bytes of objects: one file each, named by chance.

A blob is written where it will stay, and it counts only once a committed row names it. Files that no row names are
what an interrupted upload left behind; `sweep` removes them at the next start. Nothing that a caller sends gets into
a path.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from localcloud.storage.checksums import Digest

PIECE = 256 * 1024  # bytes read at a time

_NAME = re.compile("[0-9a-f]{32}")


class Writer:
    """A blob being written; its digest grows with it."""

    def __init__(self, name: str, path: Path, digest: Digest) -> None:
        self.name = name
        self.digest = digest
        self._path = path
        self._file = path.open("ab")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.digest.size

    def write(self, chunk: bytes) -> None:
        """The next bytes. Raises OSError if the disk is full."""
        self._file.write(chunk)
        self.digest.update(chunk)

    def flush(self) -> None:
        """What was written survives the death of the process."""
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Written to the end, as far as it goes."""
        self._file.close()

    def discard(self) -> None:
        """This blob was never meant to be."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def new_name() -> str:
    """A name that no blob has and nobody can guess."""
    return secrets.token_hex(16)


class Blobs:
    """A folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def writing(self, *, md5: bool = True, sha256: bool = False) -> Iterator[Writer]:
        """A new blob for the length of a `with` block; whatever goes wrong in the block, nothing is left of it."""
        name = new_name()
        writer = Writer(name, self._path(name, make=True), Digest(md5=md5, sha256=sha256))
        try:
            yield writer
        except BaseException:
            writer.discard()
            raise
        writer.close()

    def reopen(self, name: str) -> Writer:
        """A blob to be continued where it ends; reads all of it, so call it off the event loop."""
        path = self._path(name, make=True)
        digest = Digest()
        if path.exists():
            with path.open("rb") as file:
                while chunk := file.read(PIECE):
                    digest.update(chunk)
        return Writer(name, path, digest)

    def open(self, name: str) -> BinaryIO:
        """For reading; the bytes stay readable while the file is open, even if the blob is removed."""
        return self._path(name).open("rb")

    def remove(self, names: Iterable[str]) -> None:
        """Blobs that no row names any more."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def sweep(self, keep: set[str]) -> None:
        """Removes every blob whose name is not in `keep`."""
        for path in self._folder.glob("??/*"):
            if path.name not in keep:
                path.unlink()

    def _path(self, name: str, *, make: bool = False) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} does not name a blob")
        path = self._folder / name[:2] / name
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path
