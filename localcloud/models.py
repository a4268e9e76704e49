"""The models that come with the repository, in the models bucket of the local cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

SHIPPED: Final = Path(__file__).resolve().parents[1] / "models"
TYPES: Final = {".json": "application/json", ".md": "text/markdown; charset=utf-8", ".onnx": "application/octet-stream"}

_NAMES: Final = re.compile(
    r"[a-z][a-z0-9_]{0,39}/(aliases\.json|[1-9][0-9]{0,5}/(model\.onnx|prepared\.onnx|manifest\.json|CARD\.md))"
)


@runtime_checkable
class Objects(Protocol):
    """What is needed of the storage service."""

    def ensure_object(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """There is such an object; one that somebody else has written stays as it is."""


def lay(services: Sequence[object], *, bucket: str, folder: Path = SHIPPED) -> None:
    """Bring every model in `folder` into the bucket; what is there already is not written again."""
    for storage in services:
        if isinstance(storage, Objects):
            for name, path in files(folder):
                storage.ensure_object(bucket, name, path.read_bytes(), TYPES[path.suffix])


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of models by object name: NAME/VERSION/FILE, and NAME/aliases.json last of each model."""
    found = [(path.relative_to(folder).as_posix(), path) for path in folder.glob("*/**/*") if path.is_file()]
    for name, path in sorted(found, key=lambda one: (one[0].split("/")[0], one[0].endswith("aliases.json"), one[0])):
        if _NAMES.fullmatch(name):
            yield name, path
