"""Every kind of analysis is one module here, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .color_correction import correct
from .inspection import inspect
from .port import Analyzer
from .skin_lesion import analyze_lesion

ANALYZERS: Final[Mapping[str, Analyzer]] = {
    "color_correction": correct,
    "inspection": inspect,
    "skin_lesion": analyze_lesion,
}
ORIGINALS: Final = frozenset({"color_correction"})  # kinds that are given photos as they were uploaded
