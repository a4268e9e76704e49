"""Why a photo cannot be corrected, and what the person who took it can do; and what to say where it can, but badly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, str]] = {
    "CHART_NOT_FOUND": (
        "No colour chart was found in the photo. Put a 24-patch chart or Loupe's card flat in the picture, whole and "
        "sharp, with nothing lying on it, and take the photo again."
    ),
    "CHART_MIRRORED": "The chart is mirrored. Print it the right way round, or turn off the camera's mirror image.",
    "CHART_CUT_OFF": "Part of the chart is outside of the photo. Take it again with the whole chart in the picture.",
    "CHART_TOO_SMALL": (
        "The chart's patches are {side:.0f} pixels wide; at least {least:.0f} are needed. Go closer to the chart."
    ),
    "CHART_CLIPPED": (
        "{count} of the chart's patches are overexposed: their colours are lost. Take the photo again with less "
        "exposure, and without reflections on the chart."
    ),
    "CHART_MISFIT": (
        "Something like a chart was found, but its colours are not those of a known chart (mean ΔE00 {mean:.1f} after "
        "the best fit). Use a ColorChecker Classic or Loupe's card, in one light, without reflections."
    ),
    "PHOTO_MONOCHROME": "The photo has no colours. Take it in colour: a black-and-white photo cannot be corrected.",
}

WARNINGS: Final[Mapping[str, str]] = {
    "CHART_SMALL": "The chart is small in the photo ({side:.0f} pixels to a patch). Go closer for a surer correction.",
    "CHART_SHADED": (
        "The light on the chart is uneven ({percent:.0f} % from one side to the other). Lay the chart flat, away from "
        "shadows."
    ),
    "HIGHLIGHTS_CLIPPED": "{count} overexposed patches were left out: {names}. Use less exposure.",
    "CHART_OUTLIERS": "{count} patches do not fit the others and were left out: {names}. Look for dirt or reflections.",
    "CHART_POOR_FIT": (
        "The chart fits badly (mean ΔE00 {mean:.1f} on patches left out). The camera has changed colours unevenly, "
        "something shines on the chart, or it is another make."
    ),
    "CHART_ON_SCREEN": (
        "The chart seems to be shown on a screen: its patches have a fine pattern. A screen's colours are its own; use "
        "a printed chart."
    ),
    "CHARTS_DISAGREE": (
        "Another chart in the photo is off by ΔE00 {mean:.1f} after the correction: it lies in another light, or is of "
        "another make."
    ),
    "LIGHT_DIFFERS": (
        "The chart in this photo is off by ΔE00 {mean:.1f} after the other photo's correction: it was taken in another "
        "light, or with other settings."
    ),
    "CORRECTION_NOT_HELPFUL": (
        "The photo's colours are as near to the chart's as a correction would bring them; the original was kept."
    ),
}
