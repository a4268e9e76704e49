"""The task of a guarded child: a photo, byte for byte, to its correction and everything that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from ...intake.refusal import Refused as Damaged
from . import finding, result
from .apply import corrected, jpeg, png
from .draw import HALF, before_and_after
from .figure import Figure, svg
from .figure import png as drawn_png
from .finding import Found
from .lut import camera_matrices, cube
from .order import Answer, Kept, Order, Told, Written
from .raster import Coded, Raster, decode
from .references import charts
from .refusal import WARNINGS
from .report import Report, comparison_picture, document, html
from .result import Evidence
from .spaces import Floats

SAME: Final = 1e-3  # by how much two spaces may differ and be one
FAR: Final = 3.0  # ΔE00 above the fit's own, from where the light is another one
DENSITY: Final = 2.0  # pixels of the PNG drawings to a unit


def answer(payload: bytes) -> bytes:
    """Do what an `Order` asks for; the answer is an `Answer`, both as MessagePack."""
    return msgspec.msgpack.encode(correct(msgspec.msgpack.decode(payload, type=Order)))


def correct(order: Order) -> Answer:
    """Correct a photo. One that cannot be corrected is refused in the answer."""
    try:
        raster = decode(order.photo)
        found = _found(raster, order)
    except (finding.Refused, Damaged) as refused:
        return Answer(refused=Told(reason=refused.reason, message=refused.message))
    kept = order.kept or _kept(raster, found)
    conversion = _conversion(raster, kept)
    seen = None
    if found is not None:
        seen = result.evidence(raster, found, kept, conversion, own=order.kept is None)
    warnings = tuple(_warnings(order, kept, found, seen))
    helped = seen is None or seen.helped
    done = corrected(raster, kept.correction, conversion)
    files: dict[str, Written] = {}
    if helped:
        files |= _whole(done)
    told = result.summary(kept, seen, next(iter(files), None))
    full = result.full(raster, kept, seen, found)
    files |= _evidence_files(raster, _small(done), order, seen, told, warnings)
    if order.lut:
        files["correction.cube"] = _text(
            cube(kept.correction, raster.profile, title=f"Loupe {kept.chart}"), "text/plain"
        )
    files["camera-matrices.json"] = Written(
        type="application/json", data=msgspec.json.format(msgspec.json.encode(camera_matrices(kept.correction)))
    )
    return Answer(summary=told, full=full, warnings=warnings, files=files)


def _found(raster: Raster, order: Order) -> Found | None:
    """The photo's chart; None where there need not be one. Raises finding.Refused."""
    if order.kept is None:
        return finding.find(raster, order.chart)
    try:
        return finding.find(raster, order.chart)
    except finding.Refused:
        return None


def _kept(raster: Raster, found: Found | None) -> Kept:
    assert found is not None  # noqa: S101 - without a chart and without another photo's correction it was refused
    return Kept(
        correction=found.correction,
        to_xyz=tuple(raster.profile.to_xyz.ravel().tolist()),
        chart=found.best.chart,
        delta_e_leave_one_out=float(found.selected.best.held_out.mean()),
    )


def _conversion(raster: Raster, kept: Kept) -> Floats | None:
    """From this photo's linear light to that of the photo which the correction was fitted to; None where it is one."""
    theirs = np.reshape(kept.to_xyz, (3, 3))
    if np.abs(theirs - raster.profile.to_xyz).max() < SAME:
        return None
    return np.asarray(np.linalg.solve(theirs, raster.profile.to_xyz), dtype=np.float64)


def _warnings(order: Order, kept: Kept, found: Found | None, seen: Evidence | None) -> Iterator[Told]:
    if found is not None and order.kept is None:
        yield from (Told(reason=one.reason, message=one.message) for one in found.warnings)
    if seen is None:
        return
    mean = float(seen.after.mean())
    if order.kept is not None and mean > kept.delta_e_leave_one_out + FAR:
        yield Told(reason="LIGHT_DIFFERS", message=WARNINGS["LIGHT_DIFFERS"].format(mean=mean))
    if not seen.helped:
        yield Told(reason="CORRECTION_NOT_HELPFUL", message=WARNINGS["CORRECTION_NOT_HELPFUL"])


def _whole(done: Coded) -> dict[str, Written]:
    """The corrected photo: JPEG for 8 bits, PNG for 16."""
    height, width = done.shape[:2]
    if done.dtype == np.uint8:
        made = jpeg(np.asarray(done, dtype=np.uint8))
        return {"corrected.jpg": Written(type="image/jpeg", data=made, width=width, height=height)}
    return {"corrected.png": Written(type="image/png", data=png(done), width=width, height=height)}


def _small(picture: Coded) -> NDArray[np.uint8]:
    factor = min(1.0, HALF / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    small = np.asarray(picture if factor == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return np.asarray(small if small.dtype == np.uint8 else small // 257, dtype=np.uint8)


def _evidence_files(
    raster: Raster,
    after: NDArray[np.uint8],
    order: Order,
    seen: Evidence | None,
    told: dict[str, Any],
    warnings: tuple[Told, ...],
) -> dict[str, Written]:
    before = raster.preview(HALF)[..., ::-1]
    place, wanted = None, None
    if seen is not None:
        place = seen.measured.place.scaled(max(before.shape[:2]) / max(raster.size))
        wanted = seen.reference
    comparison = before_and_after(before, after, place, wanted)
    picture = comparison_picture(comparison)
    files = {"comparison.jpg": _drawn(comparison, picture, 1.0, "image/jpeg")}
    drawings = {} if seen is None else result.drawings(seen)
    for name, drawing in drawings.items():
        files[f"{name}.svg"] = _text(svg(drawing), "image/svg+xml")
        files[f"{name}.png"] = _drawn(drawing, drawn_png(drawing, DENSITY), DENSITY, "image/png")
    if order.report:
        verdict, lead = result.lead(told, warnings)
        report = Report(
            verdict=verdict,
            lead=lead,
            numbers=_numbers(told),
            warnings=[one.message for one in warnings],
            comparison=comparison,
            drawings=list(drawings.values()),
            rows=[] if seen is None else result.rows(seen),
            facts=_facts(raster, told, seen),
        )
        files["report.html"] = Written(type="text/html; charset=utf-8", data=html(report, picture))
        files["report.pdf"] = Written(type="application/pdf", data=document(report))
    return files


def _numbers(told: dict[str, Any]) -> list[tuple[str, str]]:
    names = (
        ("deltaEBefore", "mean ΔE00 before"),
        ("deltaEAverage", "mean ΔE00 after"),
        ("deltaEMax", "largest ΔE00 after"),
        ("deltaELeaveOneOut", "mean ΔE00, left out"),
    )
    return [(f"{told[field]:.2f}", name) for field, name in names if field in told]


def _facts(raster: Raster, told: dict[str, Any], seen: Evidence | None) -> list[tuple[str, str]]:
    chart = charts()[told["chart"]]
    height, width = raster.size
    facts = [
        ("chart", chart.title),
        ("reference values", f"{chart.source}; {chart.illuminant}, {chart.observer}"),
        ("method", f"{told['method']}: chosen by the smallest mean ΔE00 of patches that were left out"),
        ("photo", f"{width} x {height} pixels, {8 if raster.levels == 256 else 16} bits, {raster.profile.name}"),
        ("result", "sRGB (IEC 61966-2-1), with its profile"),
        ("ΔE00", "CIEDE2000 (CIE 142-2001) under D50, of what an sRGB picture can show"),
        ("rating", "excellent to 2, good to 3, fair to 5, poor above: mean ΔE00 of patches left out"),
    ]
    return facts if seen is not None else [*facts, ("checked", "not in this photo: it shows no chart")]


def _text(text: str, media_type: str) -> Written:
    return Written(type=media_type, data=text.encode())


def _drawn(figure: Figure, data: bytes, scale: float, media_type: str) -> Written:
    return Written(type=media_type, data=data, width=round(figure.width * scale), height=round(figure.height * scale))
