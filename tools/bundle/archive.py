"""The zip of one function: the same bytes from the same sources, on every machine and at every time."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from tools.bundle import graph, lock
from tools.bundle.refusal import BundleError

EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can name
MODE: Final = 0o100644  # a plain file that everybody may read
LOCK: Final = "requirements.txt"


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle in memory. `sha256` is that of `data`, and names the file."""

    function: str
    names: tuple[str, ...]
    data: bytes
    sha256: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.function}-{self.sha256[:12]}.zip"


def bundle(root: Path, function: str) -> Bundle:
    """The bundle of one function of the repository at `root`. Raises BundleError."""
    sources = graph.files(root, function)
    if LOCK in sources:
        raise BundleError(f"functions/{function} would hide its share of the lock")
    asker = f"functions/{function}/{LOCK}"
    contents = {name: path.read_bytes() for name, path in sources.items()}
    contents[LOCK] = lock.share((root / LOCK).read_text(), root / asker, asker).encode()
    _compile(contents)
    data = _zip(contents)
    return Bundle(function=function, names=tuple(sorted(contents)), data=data, sha256=hashlib.sha256(data).hexdigest())


def _compile(contents: Mapping[str, bytes]) -> None:
    """Cloud Build compiles every .py file of the archive, and fails where one does not."""
    for name, content in contents.items():
        if name.endswith(".py"):
            try:
                compile(content, name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                raise BundleError(f"{name} does not compile: {error}") from error


def _zip(contents: Mapping[str, bytes]) -> bytes:
    """Stored, not deflated: what a compressor makes depends on its version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3  # Unix, wherever it was made
            info.external_attr = MODE << 16
            info.compress_type = zipfile.ZIP_STORED
            archive.writestr(info, contents[name])
    return buffer.getvalue()
