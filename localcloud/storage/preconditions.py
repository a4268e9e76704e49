"""Preconditions: the generations and metagenerations that a caller expects, and what happens if they are not met."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from localcloud.storage.errors import INVALID, NOT_MODIFIED, PRECONDITION_FAILED, Refusal

_INT64 = re.compile(r"[+-]?[0-9]{1,19}")
_HEADERS = {
    "generation_match": "x-goog-if-generation-match",
    "metageneration_match": "x-goog-if-metageneration-match",
}


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What of an object preconditions look at; all of it 0 and empty where there is no object."""

    generation: int = 0
    metageneration: int = 0
    etag: str = ""


ABSENT = Version()


class Preconditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller expects; `None` is no expectation. Generation 0 expects that there is no live object."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None
    etag_match: tuple[str, ...] = ()
    etag_not_match: tuple[str, ...] = ()

    def check(self, found: Version, *, reading: bool = False) -> None:
        """Raises Refusal 412, or 304 where a reader has what it would get."""
        wanted = (
            ("ifGenerationMatch", self.generation_match, found.generation),
            ("ifMetagenerationMatch", self.metageneration_match, found.metageneration),
        )
        for name, expected, actual in wanted:
            if expected is not None and expected != actual:
                raise Refusal(PRECONDITION_FAILED, "", Details=f"{name} {expected}: it is {actual}")
        if self.etag_match and not _listed(found.etag, self.etag_match):
            raise Refusal(PRECONDITION_FAILED, "", Details="If-Match")
        unwanted = self.generation_not_match == found.generation
        unwanted |= self.metageneration_not_match == found.metageneration
        unwanted |= _listed(found.etag, self.etag_not_match)
        if unwanted:
            raise Refusal(NOT_MODIFIED if reading else PRECONDITION_FAILED)


NONE = Preconditions()


def from_parameters(
    given: Mapping[str, str], *, prefix: str = "if", headers: Mapping[str, str] | None = None
) -> Preconditions:
    """The preconditions of a JSON API call, with `If-Match` and `If-None-Match` where `headers` are given.

    Args:
        given: the call's parameters; the case of their names does not matter.
        prefix: `if`, or `ifSource` for the source of a copy.
        headers: the call's headers.

    Raises:
        Refusal: 400 if one is not a 64-bit integer.
    """
    folded = {name.lower(): value for name, value in given.items()}

    def expected(name: str) -> int | None:
        return _int64(f"{prefix}{name}", folded.get(f"{prefix}{name}".lower()))

    return Preconditions(
        generation_match=expected("GenerationMatch"),
        generation_not_match=expected("GenerationNotMatch"),
        metageneration_match=expected("MetagenerationMatch"),
        metageneration_not_match=expected("MetagenerationNotMatch"),
        etag_match=_etags(headers, "if-match"),
        etag_not_match=_etags(headers, "if-none-match"),
    )


def from_headers(headers: Mapping[str, str]) -> Preconditions:
    """The preconditions of an XML API call. Raises Refusal 400 if one is not a 64-bit integer."""
    return Preconditions(
        **{field: _int64(name, headers.get(name)) for field, name in _HEADERS.items()},
        etag_match=_etags(headers, "if-match"),
        etag_not_match=_etags(headers, "if-none-match"),
    )


def _int64(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    if not _INT64.fullmatch(value) or not -(2**63) <= int(value) < 2**63:
        raise Refusal(INVALID, f"Invalid value for {name}: '{value[:50]}'", ParameterName=name)
    return int(value)


def _etags(headers: Mapping[str, str] | None, name: str) -> tuple[str, ...]:
    value = (headers or {}).get(name, "")
    return tuple(part.strip().removeprefix("W/").strip('"') for part in value.split(",") if part.strip())


def _listed(etag: str, listed: tuple[str, ...]) -> bool:
    return bool(etag) and ("*" in listed or etag in listed)
