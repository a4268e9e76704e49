"""What the patches of known charts look like, as data (`charts.json`) with illuminant, observer and source.

The manufacturer publishes one set of values for each edition of the Classic target, in all its sizes: Classic, Mini and
the page in the Passport. Which edition a photo shows is decided by which one fits better.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from .adaptation import adapt
from .spaces import SRGB_TO_XYZ, WHITES, Floats, lab_to_xyz, srgb_to_linear, xyz_to_lab

FILE: Final = Path(__file__).with_name("charts.json")
ROWS: Final = 4
COLUMNS: Final = 6
GREYS: Final = slice(18, 24)  # white to black
OWN: Final = "loupe_card"
CLASSIC: Final = ("classic_after_2014", "classic_before_2014")


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """The 24 colours of a chart, row by row from the dark skin to the black, as they are published."""

    title: str
    source: str
    illuminant: str
    observer: str
    lab: tuple[tuple[float, float, float], ...] | None = None
    srgb: tuple[tuple[int, int, int], ...] | None = None


class _Charts(msgspec.Struct, frozen=True, kw_only=True):
    order: tuple[str, ...]
    charts: dict[str, Chart]


@functools.cache
def _charts() -> _Charts:
    return msgspec.json.decode(FILE.read_bytes(), type=_Charts)


def charts() -> Mapping[str, Chart]:
    """Every chart by its name."""
    return _charts().charts


def patch_names() -> tuple[str, ...]:
    """The names of the 24 patches, in order."""
    return _charts().order


@functools.cache
def reference_lab(name: str) -> Floats:
    """L*a*b* (24 x 3) of a chart under D50, CIE 1931 2° observer. Raises KeyError for a chart that is not known."""
    chart = charts()[name]
    if chart.lab is not None:
        return np.array(chart.lab)
    linear = srgb_to_linear(np.array(chart.srgb) / 255)
    return xyz_to_lab(adapt(linear @ SRGB_TO_XYZ.T, WHITES["D65"], WHITES["D50"]), WHITES["D50"])


@functools.cache
def reference_xyz(name: str) -> Floats:
    """XYZ (24 x 3) of a chart under D65: its D50 values adapted by Bradford, as an sRGB picture shows them."""
    return adapt(lab_to_xyz(reference_lab(name), WHITES["D50"]), WHITES["D50"], WHITES["D65"])
