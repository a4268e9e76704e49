"""What a check found."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Health(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"  # Loupe works, but not as well as it could
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One thing that was looked at. `remedy` is what to do about it; empty where all is well."""

    name: str
    health: Health
    detail: str
    remedy: str = ""


def good(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name=name, health=Health.GOOD, detail=detail)


def warning(name: str, detail: str, remedy: str) -> Finding:
    """Loupe works all the same."""
    return Finding(name=name, health=Health.WARNING, detail=detail, remedy=remedy)


def bad(name: str, detail: str, remedy: str) -> Finding:
    """Loupe cannot work so."""
    return Finding(name=name, health=Health.BAD, detail=detail, remedy=remedy)
