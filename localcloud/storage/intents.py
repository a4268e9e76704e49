"""What an upload is meant to become."""

from __future__ import annotations

import msgspec

from localcloud.storage.attributes import Attributes
from localcloud.storage.checksums import Claim
from localcloud.storage.preconditions import NONE, Preconditions


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object to be: its place, its attributes, and under which conditions; `total` is its size if announced."""

    bucket: str
    name: str
    attributes: Attributes
    preconditions: Preconditions = NONE
    claims: tuple[Claim, ...] = ()
    total: int | None = None
