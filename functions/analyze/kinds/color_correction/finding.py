"""From a photo to its charts, and from the best of them to a correction, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from . import card, detect, fit, screen
from .difference import delta_e_2000
from .model import LIGHT, applied, correction
from .order import Correction
from .patches import Patches, measure
from .raster import Raster
from .rating import LIMITS, REFUSED
from .references import CLASSIC, COLUMNS, OWN, ROWS, patch_names, reference_lab
from .refusal import REFUSALS, WARNINGS
from .selection import Candidate, Selected, candidate, select
from .spaces import XYZ_TO_SRGB, Floats

LOOKED_AT: Final = 1600  # long side of the picture in which charts are looked for
SMALLEST: Final = 6.0  # pixels to a patch's cell
SMALL: Final = 12.0
MOST_CLIPPED: Final = 6
SHADED: Final = 0.12  # of the light, from one side of the chart to the other
SURELY_SHADED: Final = 0.92  # of the leave-one-out mean: a fit that lets the light vary has to come down to it
NO_CHART: Final = 14.0  # ΔE00 after the best fit, above which what was found is not even like a chart
GREY: Final = 3.0  # chroma of the most colourful patch, below which there is no colour
FLOOR: Final = 0.002
ON_CHART: Final = (detect.CENTRES - (COLUMNS / 2, ROWS / 2)) / (COLUMNS / 2, ROWS / 2)  # -1 to 1


class Refused(Exception):
    """The photo cannot be corrected; `reason` is one of REFUSALS."""

    def __init__(self, reason: str, **facts: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = REFUSALS[reason].format(**facts)


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """What should be known of a correction; `reason` is one of WARNINGS."""

    reason: str
    message: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A chart with its patches and the problem that they pose, with the reference that fits best."""

    place: detect.Place
    patches: Patches
    chart: str
    problem: fit.Problem
    rough: Candidate


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The chart that was taken, the correction made of it, and what the others say of it."""

    best: Measured
    others: tuple[Measured, ...]
    selected: Selected
    correction: Correction
    before: Floats
    warnings: tuple[Warned, ...]


def find(raster: Raster, chart: str | None = None) -> Found:
    """The best chart of the photo, or of the charts named `chart`, with its correction. Raises Refused."""
    picture = raster.preview(LOOKED_AT)
    places = _places(picture, raster, chart)
    measured = [_measured(raster, place, chart) for place in places]
    whole = [one for one in measured if one is not None]
    if not whole:
        raise _unusable(raster, places, chart)
    best = min(whole, key=lambda one: float(one.rough.held_out.mean()))
    selected = select(best.problem)
    mean = float(selected.best.held_out.mean())
    if mean <= REFUSED and best.place.mirrored:
        raise Refused("CHART_MIRRORED")
    if mean > REFUSED:
        raise Refused("CHART_MISFIT" if mean <= NO_CHART else "CHART_NOT_FOUND", mean=mean)
    made = correction(selected.best.name, selected.best.vector, best.problem.floor)
    others = tuple(one for one in whole if one is not best and float(one.rough.held_out.mean()) <= REFUSED)
    shown = _srgb(raster, best.patches.linear)
    found = Found(
        best=best,
        others=others,
        selected=selected,
        correction=made,
        before=delta_e_2000(fit.shown_lab(shown), best.problem.reference),
        warnings=(),
    )
    factor = max(picture.shape[:2]) / max(raster.size)
    return msgspec.structs.replace(found, warnings=tuple(_warnings(found, picture, factor)))


def check(made: Correction, other: Measured) -> Floats:
    """ΔE00 of another chart's patches after the correction."""
    return delta_e_2000(fit.shown_lab(applied(made, other.patches.linear)), other.problem.reference)


def _places(picture: NDArray[np.uint8], raster: Raster, chart: str | None) -> list[detect.Place]:
    if _is_grey(picture):
        raise Refused("PHOTO_MONOCHROME")
    found = [place for place in detect.find(picture) if chart is None or (place.family == OWN) == (chart == OWN)]
    if not found:
        if len(card.markers(picture)) in range(1, card.FEWEST):
            raise Refused("CHART_CUT_OFF")
        raise Refused("CHART_MIRRORED" if detect.has_mirrored_card(picture) else "CHART_NOT_FOUND")
    factor = max(raster.size) / max(picture.shape[:2])
    return [place.scaled(factor) for place in found]


def _is_grey(picture: NDArray[np.uint8]) -> bool:
    """Whether no part of the picture has a colour: nearly all pixels have three equal values."""
    apart = picture.max(axis=-1).astype(np.int16) - picture.min(axis=-1)
    return float(np.percentile(apart, 99.5)) <= 6


def _measured(raster: Raster, place: detect.Place, chart: str | None, smallest: float = SMALLEST) -> Measured | None:
    """The chart with the reference that fits best; None where too little of it can be measured."""
    patches = measure(place, raster.size, raster.read)
    if place.patch_side() < smallest or patches.outside.max() > 0.2 or (~patches.usable).sum() > MOST_CLIPPED:
        return None
    names = (chart,) if chart else (OWN,) if place.family == OWN else CLASSIC
    made = []
    for name in names:
        problem = fit.Problem(
            measured=patches.linear,
            where=ON_CHART,
            reference=reference_lab(name),
            weights=patches.usable.astype(np.float64),
            floor=max(FLOOR, float(patches.linear[patches.linear > 0].min(initial=1.0))),
        )
        rough = rough_fit(problem)
        made.append(Measured(place=place, patches=patches, chart=name, problem=problem, rough=rough))
    return min(made, key=lambda one: float(one.rough.held_out.mean()))


def rough_fit(problem: fit.Problem) -> Candidate:
    """A matrix and one curve for all channels: enough to tell charts apart."""
    return candidate(problem, ("matrix", "gamma"))


def _unusable(raster: Raster, places: Sequence[detect.Place], chart: str | None) -> Refused:
    """Why none of the charts can be measured: the reason of the largest."""
    place = max(places, key=lambda one: one.patch_side())
    if place.patch_side() < SMALLEST:
        tiny = _measured(raster, place, chart, 0.0)
        is_chart = tiny is not None and float(tiny.rough.held_out.mean()) <= NO_CHART
        side = {"side": place.patch_side(), "least": SMALLEST}
        return Refused("CHART_TOO_SMALL", **side) if is_chart else Refused("CHART_NOT_FOUND")
    patches = measure(place, raster.size, raster.read)
    if patches.outside.max() > 0.2:
        return Refused("CHART_CUT_OFF")
    return Refused("CHART_CLIPPED", count=int((~patches.usable).sum()))


def _srgb(raster: Raster, linear: Floats) -> Floats:
    """Linear sRGB of the photo's own linear light."""
    return np.asarray(linear @ (XYZ_TO_SRGB @ raster.profile.to_xyz).T, dtype=np.float64)


def _warnings(found: Found, picture: NDArray[np.uint8], factor: float) -> list[Warned]:
    best, names = found.best, patch_names()
    facts: list[tuple[str, dict[str, Any]]] = []
    side = best.place.patch_side()
    if side < SMALL:
        facts.append(("CHART_SMALL", {"side": side}))
    uneven = unevenness(best.problem)
    if uneven > SHADED:
        facts.append(("CHART_SHADED", {"percent": 100 * uneven}))
    clipped = [names[n] for n in np.flatnonzero(~best.patches.usable)]
    if clipped:
        facts.append(("HIGHLIGHTS_CLIPPED", {"count": len(clipped), "names": ", ".join(clipped)}))
    outliers = [names[n] for n in found.selected.outliers]
    if outliers:
        facts.append(("CHART_OUTLIERS", {"count": len(outliers), "names": ", ".join(outliers)}))
    mean = float(found.selected.best.held_out.mean())
    if mean > LIMITS[-1][0]:
        facts.append(("CHART_POOR_FIT", {"mean": mean}))
    if screen.shows_pattern(picture, best.place.scaled(factor)):
        facts.append(("CHART_ON_SCREEN", {}))
    for other in found.others:
        off = float(check(found.correction, other).mean())
        if off > mean + 3:
            facts.append(("CHARTS_DISAGREE", {"mean": off}))
            break
    return [Warned(reason=reason, message=WARNINGS[reason].format(**some)) for reason, some in facts]


def unevenness(problem: fit.Problem) -> float:
    """By how much the light falls from one side of the chart to the other, as a share; 0 where that is not sure."""
    without, varying = rough_fit(problem), candidate(problem, ("matrix", "gamma", "light"))
    if varying.held_out.mean() > SURELY_SHADED * without.held_out.mean():
        return 0.0
    return float(1 - np.exp(-2 * np.abs(varying.vector[LIGHT]).max()))
