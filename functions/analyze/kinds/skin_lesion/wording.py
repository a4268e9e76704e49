"""The texts of the kind, by locale and key (`texts/{locale}.json`); every locale has the same keys."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from shared.diseases.locales import LOCALES

FOLDER: Final = Path(__file__).with_name("texts")


class Wording:
    """The texts in one language."""

    def __init__(self, locale: str, texts: Mapping[str, str]) -> None:
        self.locale = locale
        self._texts = texts

    def say(self, key: str, **values: str) -> str:
        """The text of a key, with values put in. Raises KeyError for a key that there is not."""
        return self._texts[key].format_map(values)

    def each(self, keys: tuple[str, ...]) -> list[dict[str, str]]:
        """Texts with their keys, so that an app can put its own in their place."""
        return [{"key": key, "text": self.say(key)} for key in keys]


@functools.cache
def wording(locale: str) -> Wording:
    """The texts of one of LOCALES."""
    if locale not in LOCALES:
        raise KeyError(locale)
    return Wording(locale, msgspec.json.decode((FOLDER / f"{locale}.json").read_bytes(), type=dict[str, str]))
