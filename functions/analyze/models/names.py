"""How models are named: `skin_lesion/3` is a version, `skin_lesion@stable` whatever an alias points to now."""

from __future__ import annotations

import re
from typing import Final

import msgspec

NAME: Final = r"[a-z][a-z0-9_]{0,39}"
STABLE: Final = "stable"
HIGHEST_VERSION: Final = 999_999

_REFERENCE: Final = re.compile(rf"(?P<name>{NAME})(?:/(?P<version>[1-9][0-9]{{0,5}})|@(?P<alias>{NAME}))?", re.ASCII)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A model by version, or by alias where `version` is 0."""

    name: str
    version: int = 0
    alias: str = STABLE

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.name}/{self.version}" if self.version else f"{self.name}@{self.alias}"


def parse(text: str) -> Reference:
    """`NAME`, `NAME@ALIAS` or `NAME/VERSION`; a name alone means `@stable`. Raises ValueError for anything else."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:80]!r} names no model: write NAME, NAME@ALIAS or NAME/VERSION, with names of small letters, "
            "digits and _"
        )
    return Reference(name=match["name"], version=int(match["version"] or 0), alias=match["alias"] or STABLE)


def folder(name: str, version: int) -> str:
    """Where a version lies in the models bucket, and in the repository's `models/`."""
    return f"{name}/{version}"
