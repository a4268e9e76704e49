"""Which version an alias of a model points to, and which it pointed to before. Pure; kept in `{name}/aliases.json`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from .names import HIGHEST_VERSION, NAME, STABLE

REMEMBERED: Final = 200  # moves
Version = Annotated[int, Meta(ge=1, le=HIGHEST_VERSION)]
Alias = Annotated[str, Meta(pattern=f"^{NAME}$")]


class Move(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An alias began to point to `version`; `before` is 0 where it did not exist."""

    alias: Alias
    version: Version
    before: Annotated[int, Meta(ge=0, le=HIGHEST_VERSION)] = 0
    time: datetime
    reason: Annotated[str, Meta(max_length=400)] = ""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A version that answers beside `@stable` on a share of the jobs, unseen."""

    version: Version
    share: Annotated[float, Meta(gt=0, le=1)]


class Aliases(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """All aliases of one model, its candidate if there is one, and the moves so far, the latest last."""

    aliases: dict[Alias, Version] = {}
    candidate: Candidate | None = None
    history: Annotated[tuple[Move, ...], Meta(max_length=REMEMBERED)] = ()


def parse(data: bytes) -> Aliases:
    """What an `aliases.json` holds. Raises ValueError."""
    try:
        return msgspec.json.decode(data, type=Aliases)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"the aliases do not hold: {error}") from error


def dump(aliases: Aliases) -> bytes:
    """The aliases as a file that people can read."""
    return msgspec.json.format(msgspec.json.encode(aliases), indent=2) + b"\n"


def promote(now: Aliases, version: int, *, alias: str = STABLE, at: datetime, reason: str = "") -> Aliases:
    """The alias points to `version`. A candidate that becomes stable is none any more."""
    before = now.aliases.get(alias, 0)
    if before == version:
        return now
    move = Move(alias=alias, version=version, before=before, time=at, reason=reason)
    arrived = alias == STABLE and now.candidate is not None and now.candidate.version == version
    return replace(
        now,
        aliases={**now.aliases, alias: version},
        candidate=None if arrived else now.candidate,
        history=(*now.history, move)[-REMEMBERED:],
    )


def rollback(now: Aliases, *, alias: str = STABLE, at: datetime) -> Aliases:
    """The alias points to what it pointed to before; rolling back twice goes back further. Raises ValueError."""
    current = now.aliases.get(alias, 0)
    for move in reversed(now.history):
        if move.alias != alias or move.version != current or move.reason == ROLLED_BACK:
            continue
        if move.before:
            return promote(now, move.before, alias=alias, at=at, reason=ROLLED_BACK)
        break
    raise ValueError(f"@{alias} has pointed to nothing else before")


ROLLED_BACK: Final = "rolled back"
