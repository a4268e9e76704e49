"""The colour code of the analyze function, by name: nothing imports a function."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

PACKAGE: Final = "functions.analyze.kinds.color_correction"


def part(name: str) -> Any:
    """A module of kind `color_correction`."""
    return import_module(f"{PACKAGE}.{name}")
