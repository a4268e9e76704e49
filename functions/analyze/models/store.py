"""The models bucket.

It holds `{name}/{version}/{model.onnx, prepared.onnx, manifest.json, CARD.md}` and `{name}/aliases.json`.
"""

from __future__ import annotations

import abc
import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from google.api_core import exceptions

from . import aliases
from .manifest import MAX_MANIFEST, Manifest, parse
from .names import folder
from .structure import BadModel

if TYPE_CHECKING:
    from google.cloud.storage import Client

MODEL: Final = "model.onnx"
PREPARED: Final = "prepared.onnx"
MANIFEST: Final = "manifest.json"
CARD: Final = "CARD.md"
ALIASES: Final = "aliases.json"

CALL_TIMEOUT: Final = 15.0  # seconds of one try
TOTAL_TIMEOUT: Final = 30.0  # seconds of all tries


class Kept(NamedTuple):
    """An object's bytes and the generation that they were read at."""

    data: bytes
    generation: int


class Reader(abc.ABC):
    """Models somewhere."""

    @abc.abstractmethod
    def read(self, name: str, *, limit: int) -> Kept | None:
        """The file of that name; None where there is none. Raises ValueError for more than `limit` bytes."""

    def manifest(self, name: str, version: int) -> Manifest | None:
        """The manifest of a version; None where there is no such version. Raises ValueError for one that lies."""
        kept = self.read(f"{folder(name, version)}/{MANIFEST}", limit=MAX_MANIFEST)
        if kept is None:
            return None
        found = parse(kept.data)
        if (found.name, found.version) != (name, version):
            raise ValueError(f"the manifest of {name}/{version} is that of {found.name}/{found.version}")
        return found

    def aliases(self, name: str) -> tuple[aliases.Aliases, int]:
        """The aliases of a model and their generation; none and 0 where there are none. Raises ValueError."""
        kept = self.read(f"{name}/{ALIASES}", limit=MAX_MANIFEST)
        return (aliases.parse(kept.data), kept.generation) if kept else (aliases.Aliases(), 0)

    def verified(self, manifest: Manifest, *, prepared: bool) -> bytes:
        """The model's file, or the prepared one, with the hash that its manifest says. Raises BadModel."""
        as_prepared = manifest.prepared if prepared else None
        file, size, sha256 = (
            (PREPARED, as_prepared.size, as_prepared.sha256) if as_prepared else (MODEL, manifest.size, manifest.sha256)
        )
        name = f"{folder(manifest.name, manifest.version)}/{file}"
        kept = self.read(name, limit=size)
        if kept is None:
            raise BadModel(f"{name} is missing")
        if hashlib.sha256(kept.data).hexdigest() != sha256:
            raise BadModel(f"{name} is not the file that its manifest names: its sha256 differs")
        return kept.data


class ModelStore(Reader):
    """Models in one bucket. Every method raises google.api_core errors when Cloud Storage does not answer in time."""

    def __init__(self, client: Client, bucket: str) -> None:
        from google.cloud.storage.retry import DEFAULT_RETRY

        self._again = DEFAULT_RETRY.with_delay(initial=0.1, maximum=2.0, multiplier=2.0).with_timeout(TOTAL_TIMEOUT)
        self._bucket = client.bucket(bucket)

    def read(self, name: str, *, limit: int) -> Kept | None:
        """An object, checksum verified; None where there is none. Raises ValueError for more than `limit` bytes."""
        from google.cloud.storage.exceptions import DataCorruption

        blob = self._bucket.blob(name)
        try:
            blob.reload(timeout=CALL_TIMEOUT, retry=self._again)
            if blob.size > limit:
                raise ValueError(f"{name} has {blob.size} bytes; {limit} are taken")
            generation = int(blob.generation)
            data = blob.download_as_bytes(
                timeout=CALL_TIMEOUT, retry=self._again, checksum="auto", if_generation_match=generation
            )
        except exceptions.NotFound:
            return None
        except exceptions.PreconditionFailed as error:
            raise exceptions.ServiceUnavailable(f"{name} was replaced while it was read") from error
        except DataCorruption as error:
            raise exceptions.ServiceUnavailable(f"{name} was changed on its way") from error
        return Kept(data, generation)
