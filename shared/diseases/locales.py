"""The languages that texts about diseases come in."""

from __future__ import annotations

from typing import Final

LOCALES: Final = ("en", "de")  # the first is for everybody whose own is not here


def closest(wanted: object) -> str:
    """The language for a wish such as `de`, `de-AT` or `de_CH`; the first of LOCALES for any other."""
    language = str(wanted).replace("_", "-").split("-")[0].strip().lower()
    return language if language in LOCALES else LOCALES[0]
