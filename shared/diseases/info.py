"""`DiseaseInfo`: what a label stands for. The texts are data, in one file for each kind."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

FILES: Final = {"skin_lesion": Path(__file__).with_name("skin_lesion.json")}  # by kind


class Source(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Where to read more, and what the text was written after."""

    title: str
    url: str


class DiseaseInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one label of a model stands for, in one language. It explains a word, and says nothing about a person."""

    label: str
    name: str
    description: str
    sources: tuple[Source, ...]


class _Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    description: str


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: str
    sources: tuple[Source, ...]
    texts: dict[str, _Text]  # by locale


@functools.cache
def explained(kind: str, locale: str) -> Mapping[str, DiseaseInfo]:
    """What is known of a kind's labels, by label, in one of LOCALES; nothing for a kind that has no diseases."""
    if kind not in FILES:
        return {}
    entries = msgspec.json.decode(FILES[kind].read_bytes(), type=tuple[_Entry, ...])
    return {
        entry.label: DiseaseInfo(
            label=entry.label,
            name=entry.texts[locale].name,
            description=entry.texts[locale].description,
            sources=entry.sources,
        )
        for entry in entries
    }
