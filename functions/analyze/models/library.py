"""Where models are kept and changed: a bucket, or a folder such as the repository's `models/`."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from google.api_core import exceptions

from .aliases import Aliases
from .manifest import Manifest
from .names import HIGHEST_VERSION, NAME
from .store import ALIASES, CALL_TIMEOUT, CARD, MANIFEST, MODEL, PREPARED, Kept, ModelStore, Reader

if TYPE_CHECKING:
    from google.cloud.storage import Client

TYPES: Final = {
    MODEL: "application/octet-stream",
    PREPARED: "application/octet-stream",
    MANIFEST: "application/json",
    ALIASES: "application/json",
    CARD: "text/markdown; charset=utf-8",
}
_FILES: Final = "|".join(map(re.escape, (MODEL, PREPARED, MANIFEST, CARD)))
_NAME: Final = re.compile(
    rf"(?P<name>{NAME})/((?P<version>[1-9][0-9]{{0,5}})/({_FILES})|{re.escape(ALIASES)})", re.ASCII
)


class Taken(Exception):
    """Somebody else has written it meanwhile, or there is something of that name already."""


class Library(Protocol):
    """What `store.Reader` is, and more: it can be listed and written."""

    def read(self, name: str, *, limit: int) -> Kept | None:
        """See `store.Reader`."""

    def manifest(self, name: str, version: int) -> Manifest | None:
        """See `store.Reader`."""

    def aliases(self, name: str) -> tuple[Aliases, int]:
        """See `store.Reader`."""

    def verified(self, manifest: Manifest, *, prepared: bool) -> bytes:
        """See `store.Reader`."""

    def names(self) -> list[str]:
        """The names of all files of models."""

    def write(self, name: str, data: bytes, *, generation: int) -> None:
        """Write a file that is at `generation` now; 0: there is none. Raises Taken where that is not so."""


class BucketLibrary(ModelStore):
    """Models in a bucket. Every method raises google.api_core errors when Cloud Storage does not answer in time."""

    def __init__(self, client: Client, bucket: str) -> None:
        super().__init__(client, bucket)
        self._client = client

    def names(self) -> list[str]:
        """The names of all objects that are files of models."""
        found = self._client.list_blobs(self._bucket, timeout=CALL_TIMEOUT, retry=self._again)
        return [blob.name for blob in found if _NAME.fullmatch(blob.name)]

    def write(self, name: str, data: bytes, *, generation: int) -> None:
        """Write an object that is at `generation` now; 0: there is none. Raises Taken where that is not so."""
        try:
            self._bucket.blob(name).upload_from_string(
                data,
                content_type=TYPES[name.rsplit("/", 1)[-1]],
                if_generation_match=generation,
                checksum="auto",
                timeout=CALL_TIMEOUT,
                retry=self._again,
            )
        except exceptions.PreconditionFailed:
            _taken(self, name, data)


class FolderLibrary(Reader):
    """Models in a folder; the generation of a file is made of its bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, *, limit: int) -> Kept | None:
        """The file of that name; None where there is none. Raises ValueError for more than `limit` bytes."""
        path = self._path(name)
        if not path.is_file():
            return None
        if path.stat().st_size > limit:
            raise ValueError(f"{name} has {path.stat().st_size} bytes; {limit} are taken")
        data = path.read_bytes()
        return Kept(data, 1 + zlib.crc32(data))

    def names(self) -> list[str]:
        """The names of all files of models."""
        found = (path.relative_to(self._folder).as_posix() for path in sorted(self._folder.rglob("*")))
        return [name for name in found if _NAME.fullmatch(name)]

    def write(self, name: str, data: bytes, *, generation: int) -> None:
        """Write a file that is at `generation` now; 0: there is none. Raises Taken where that is not so."""
        kept = self.read(name, limit=len(data) + 2**31)
        if (kept.generation if kept else 0) != generation:
            _taken(self, name, data)
            return
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(data)
        new.replace(path)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no file of a model")
        return self._folder / name


def versions(library: Library) -> dict[str, list[int]]:
    """The versions of each model that are whole, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for name in library.names():
        match = _NAME.fullmatch(name)
        if match and match["version"] and name.endswith(MANIFEST):
            found[match["name"]].append(int(match["version"]))
    return {name: sorted(numbers) for name, numbers in sorted(found.items())}


def next_version(library: Library, name: str) -> int:
    """The version after the latest. Raises ValueError where there can be none."""
    latest = max(versions(library).get(name, [0]))
    if latest >= HIGHEST_VERSION:
        raise ValueError(f"{name} has had all the versions there are")
    return latest + 1


def _taken(library: Reader, name: str, data: bytes) -> None:
    """It is there: as good as written if it is the same, as after a write whose answer was lost."""
    kept = library.read(name, limit=max(len(data), 1) + 2**31)
    if kept is None or kept.data != data:
        raise Taken(f"{name} is there already, with other content, or has changed meanwhile")
