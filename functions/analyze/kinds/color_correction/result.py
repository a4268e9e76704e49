"""The result in the words of the API: the headline, the details, and what the report shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from . import finding, fit
from .detect import CORNERS, Place
from .difference import delta_e_2000
from .draw import difference_bars, lab_scatter
from .figure import Figure
from .finding import Found, Measured
from .model import applied
from .order import Kept, Told
from .raster import Raster
from .rating import rate
from .references import charts, patch_names, reference_xyz
from .report import Row
from .spaces import XYZ_TO_SRGB, Floats, linear_to_srgb

HELPS: Final = 0.97  # of ΔE00 before: what comes down less is not helped


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart's patches say of a correction: L*a*b* under D50 (24 x 3) and ΔE00 (24), as a picture shows them.

    `held_out` is ΔE00 of each patch by the fit of the others; None where the correction was not fitted to this chart.
    """

    measured: Measured
    lab_before: Floats
    lab_after: Floats
    before: Floats
    after: Floats
    held_out: Floats | None

    @property
    def helped(self) -> bool:
        """Whether colours came nearer: patches that the fit has not seen, where there was a fit."""
        judged = self.after if self.held_out is None else self.held_out
        return float(judged.mean()) <= HELPS * float(self.before.mean())

    @property
    def reference(self) -> Floats:
        """Linear sRGB (24 x 3) of the chart's patches as they should be."""
        return np.asarray(reference_xyz(self.measured.chart) @ XYZ_TO_SRGB.T, dtype=np.float64)


def evidence(raster: Raster, found: Found, kept: Kept, conversion: Floats | None, *, own: bool) -> Evidence:
    """What the best chart of a photo says of the correction `kept`; `own`: it was fitted to this very chart."""
    measured = found.best
    light = measured.patches.linear
    converted = light if conversion is None else np.maximum(light @ conversion.T, 0.0)
    shown_before = light @ (XYZ_TO_SRGB @ raster.profile.to_xyz).T
    shown_after = applied(kept.correction, converted)
    wanted = measured.problem.reference
    return Evidence(
        measured=measured,
        lab_before=fit.shown_lab(shown_before),
        lab_after=fit.shown_lab(shown_after),
        before=delta_e_2000(fit.shown_lab(shown_before), wanted),
        after=delta_e_2000(fit.shown_lab(shown_after), wanted),
        held_out=found.selected.best.held_out if own else None,
    )


def summary(kept: Kept, seen: Evidence | None, picture: str | None) -> dict[str, Any]:
    """The headline. Differences are those of this photo's chart; without one, only the fit's own is known."""
    left_out = kept.delta_e_leave_one_out
    facts: dict[str, Any] = {
        "correctedImage": picture,
        "helped": None if seen is None else seen.helped,
        "deltaEBefore": None if seen is None else _rounded(seen.before.mean()),
        "deltaEAverage": None if seen is None else _rounded(seen.after.mean()),
        "deltaEMax": None if seen is None else _rounded(seen.after.max()),
        "deltaELeaveOneOut": _rounded(left_out),
        "accuracyRating": rate(left_out if seen is None or seen.held_out is not None else float(seen.after.mean())),
        "chart": kept.chart,
        "method": kept.correction.method,
    }
    return {name: value for name, value in facts.items() if value is not None or name == "correctedImage"}


def full(raster: Raster, kept: Kept, seen: Evidence | None, found: Found | None) -> dict[str, Any]:
    """The details: patches, the correction with its provenance, what else was tried, the other charts."""
    chart = charts()[kept.chart]
    details: dict[str, Any] = {
        "correction": msgspec.to_builtins(kept),
        "reference": {
            "title": chart.title,
            "source": chart.source,
            "illuminant": chart.illuminant,
            "observer": chart.observer,
        },
        "metadata": _metadata(raster, seen),
    }
    if seen is not None:
        details["patches"] = _patches(seen, found)
    if found is not None and seen is not None and seen.held_out is not None:
        details["tried"] = [
            {
                "method": one.name,
                "deltaEAverage": _rounded(one.shown.mean()),
                "deltaELeaveOneOut": _rounded(one.held_out.mean()),
                "deltaELeaveOneOutMax": _rounded(one.held_out.max()),
            }
            for one in found.selected.tried
        ]
        details["otherCharts"] = [
            {"chart": other.chart, "deltaEAverage": _rounded(finding.check(kept.correction, other).mean())}
            for other in found.others
        ]
    return details


def outline(place: Place, raster: Raster) -> list[dict[str, float]]:
    """The chart's four corners as fractions of the photo's width and height, the dark skin's first."""
    height, width = raster.size
    return [{"x": _rounded(x / width, 5), "y": _rounded(y / height, 5)} for x, y in place.points(CORNERS).tolist()]


def drawings(seen: Evidence) -> dict[str, Figure]:
    """The bar chart and the scatter plot, by the name of their files."""
    held_out = seen.after if seen.held_out is None else seen.held_out
    names = patch_names()
    return {
        "delta-e": difference_bars(names, seen.before, seen.after, held_out, seen.reference),
        "lab": lab_scatter(seen.measured.problem.reference, seen.lab_before, seen.lab_after, seen.reference),
    }


def rows(seen: Evidence) -> list[Row]:
    """The patches for the report's table."""
    wanted, shown = seen.measured.problem.reference, linear_to_srgb(seen.reference)
    return [
        Row(
            name=name,
            hex="#{:02x}{:02x}{:02x}".format(*(round(float(value) * 255) for value in shown[n])),
            reference=_triple(wanted[n]),
            before=_triple(seen.lab_before[n]),
            after=_triple(seen.lab_after[n]),
            de_before=f"{seen.before[n]:.2f}",
            de_after=f"{seen.after[n]:.2f}",
            de_held_out="" if seen.held_out is None else f"{seen.held_out[n]:.2f}",
        )
        for n, name in enumerate(patch_names())
    ]


def lead(told: dict[str, Any], warnings: Sequence[Told]) -> tuple[str, str]:
    """The verdict of the report and what it means, in a sentence."""
    if told["correctedImage"] is None:
        message = next((one.message for one in warnings if one.reason == "CORRECTION_NOT_HELPFUL"), "")
        return "original kept", message
    rating = str(told["accuracyRating"])
    if "deltaEAverage" not in told:
        return rating, "Corrected as another photo under the same light was; there is no chart in this one to check it."
    before, after = told["deltaEBefore"], told["deltaEAverage"]
    return rating, f"The chart's colours were off by a mean ΔE00 of {before:.1f} and are off by {after:.1f} now."


def _metadata(raster: Raster, seen: Evidence | None) -> dict[str, Any]:
    height, width = raster.size
    facts: dict[str, Any] = {
        "width": width,
        "height": height,
        "bitsPerChannel": 8 if raster.levels == 256 else 16,
        "profile": raster.profile.name,
    }
    if seen is not None:
        facts["patchSide"] = _rounded(seen.measured.place.patch_side(), 1)
        facts["outline"] = outline(seen.measured.place, raster)
        facts["unevenLight"] = _rounded(finding.unevenness(seen.measured.problem), 3)
    return facts


def _patches(seen: Evidence, found: Found | None) -> list[dict[str, Any]]:
    usable = seen.measured.patches.usable
    outliers = found.selected.outliers if found is not None and seen.held_out is not None else ()
    return [
        {
            "name": name,
            "reference": _list(seen.measured.problem.reference[n]),
            "before": _list(seen.lab_before[n]),
            "after": _list(seen.lab_after[n]),
            "deltaEBefore": _rounded(seen.before[n]),
            "deltaEAfter": _rounded(seen.after[n]),
            **({} if seen.held_out is None else {"deltaELeftOut": _rounded(seen.held_out[n])}),
            "spread": _rounded(seen.measured.patches.spread[n], 4),
            "clipped": _rounded(seen.measured.patches.clipped[n], 3),
            "used": bool(usable[n]) and n not in outliers,
        }
        for n, name in enumerate(patch_names())
    ]


def _triple(lab: Floats) -> str:
    return " ".join(f"{value:.1f}" for value in lab)


def _list(lab: Floats) -> list[float]:
    return [_rounded(value) for value in lab]


def _rounded(value: float | np.floating[Any], digits: int = 2) -> float:
    return round(float(value), digits)
