"""Loupe beside `cv2.ccm` and a plain 3x3: fitted to the same patches, judged by the same measure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.color.loaded import part
from tools.color.scenes import CAMERAS, USUAL, Camera, chart_picture, jpeg, photographed, scene

Floats = NDArray[np.float64]
Corrects = Callable[[Floats], Floats]  # linear light of the photo to linear sRGB
Learns = Callable[[Floats, Floats], Corrects]  # measured linear light and L*a*b* under D50 to the correction

COLOURS: Final = 300  # of each scene that are compared with the truth


def plain(measured: Floats, lab: Floats) -> Corrects:
    """A 3x3 matrix by least squares on linear light."""
    spaces, fit = part("spaces"), part("fit")
    target = np.linalg.solve(fit.TO_LAB, spaces.lab_to_xyz(lab, spaces.WHITES["D50"]).T).T
    matrix, *_ = np.linalg.lstsq(measured, target, rcond=None)
    return lambda light: np.asarray(light @ matrix, dtype=np.float64)


def ccm(measured: Floats, lab: Floats) -> Corrects:
    """OpenCV's model with its defaults, given the same reference values."""
    coded = part("spaces").linear_to_srgb(measured).reshape(-1, 1, 3)
    model = cv2.ccm.ColorCorrectionModel(coded, lab.reshape(-1, 1, 3), cv2.ccm.COLOR_SPACE_LAB_D50_2)
    return _as_corrects(model)


def ccm_own(measured: Floats, lab: Floats) -> Corrects:
    """OpenCV's model with its defaults and its own values of the chart."""
    del lab
    coded = part("spaces").linear_to_srgb(measured).reshape(-1, 1, 3)
    return _as_corrects(cv2.ccm.ColorCorrectionModel(coded, cv2.ccm.COLORCHECKER_MACBETH))


def real_photos(folder: Path) -> Iterator[str]:
    """The table of the photos that show a chart: mean ΔE00 of the fit, and of each patch left out of it."""
    yield "| photo | before | plain 3x3 | left out | cv2.ccm | left out | **Loupe** | **left out** | largest | model |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for path in sorted(folder.glob("color_*")):
        raster = part("raster").decode(path.read_bytes())
        found = part("finding").find(raster)
        light, lab = found.best.patches.linear, found.best.problem.reference
        simple, simple_out = _judged(plain, light, lab)
        other, other_out = _judged(ccm, light, lab)
        other = min(other, float(_errors(ccm_own(light, lab), light, lab).mean()))
        best = found.selected.best
        others = f"{found.before.mean():.2f} | {simple:.2f} | {simple_out:.2f} | {other:.2f} | {other_out:.2f}"
        ours = f"**{best.shown.mean():.2f}** | **{best.held_out.mean():.2f}** | {best.shown.max():.1f} | {best.name}"
        yield f"| {path.stem} | {others} | {ours} |"


def false_alarms(folder: Path) -> str:
    """In how many photos without a chart one was found."""
    refused, alarms = 0, []
    for path in sorted(folder.glob("*.*g")):
        if path.name.startswith(("color_", "robust_")):
            continue
        try:
            part("finding").find(part("raster").decode(path.read_bytes()))
        except part("finding").Refused:
            refused += 1
        else:
            alarms.append(path.name)
    photos = refused + len(alarms)
    return f"Photos without a chart: {photos}; in {len(alarms)} of them one was found. {' '.join(alarms)}".rstrip()


def rendered_scenes() -> Iterator[str]:
    """The table of the rendered scenes: mean and largest ΔE00 of colours that were not on the chart, to the truth."""
    yield "| rendered scene | before | plain 3x3 | cv2.ccm | **Loupe** | largest |"
    yield "|---|---|---|---|---|---|"
    for name, camera in CAMERAS.items():
        found, truth, seen = rendered(camera)
        light, lab = found.best.patches.linear, found.best.problem.reference
        made = functools.partial(part("model").applied, found.correction)
        errors = {
            "before": _to_truth(lambda light: light, seen, truth),
            "plain": _to_truth(plain(light, lab), seen, truth),
            "ccm": _to_truth(ccm(light, lab), seen, truth),
            "loupe": _to_truth(made, seen, truth),
        }
        means = " | ".join(f"{errors[each].mean():.2f}" for each in ("before", "plain", "ccm"))
        yield f"| {name} | {means} | **{errors['loupe'].mean():.2f}** | {errors['loupe'].max():.2f} |"


def rendered(camera: Camera) -> tuple[Any, Floats, Floats]:
    """A scene through a camera: what was found in it, true colours (linear sRGB), and how the camera sees those."""
    spaces, references = part("spaces"), part("references")
    patches = references.reference_xyz("classic_after_2014") @ spaces.XYZ_TO_SRGB.T
    photo = jpeg(photographed(scene(chart_picture(patches), (1200, 900), USUAL), camera))
    truth = np.random.default_rng(3).dirichlet(np.full(24, 0.35), COLOURS) @ patches
    seen = spaces.srgb_to_linear(camera.codes(camera.sees(truth)))
    return part("finding").find(part("raster").decode(photo)), truth, seen


def _judged(learns: Learns, light: Floats, lab: Floats) -> tuple[float, float]:
    """Mean ΔE00 of the fit, and of each patch by the fit of the others."""
    left_out = []
    for number in range(len(light)):
        others = np.arange(len(light)) != number
        left_out.append(_errors(learns(light[others], lab[others]), light[[number]], lab[[number]])[0])
    return float(_errors(learns(light, lab), light, lab).mean()), float(np.mean(left_out))


def _errors(corrects: Corrects, light: Floats, lab: Floats) -> Floats:
    found: Floats = part("difference").delta_e_2000(part("fit").shown_lab(corrects(light)), lab)
    return found


def _to_truth(corrects: Corrects, seen: Floats, truth: Floats) -> Floats:
    return _errors(corrects, seen, part("fit").shown_lab(truth))


def _as_corrects(model: Any) -> Corrects:
    model.compute()
    spaces = part("spaces")

    def corrects(light: Floats) -> Floats:
        # It takes pictures as OpenCV reads them, blue first, and gives them back so.
        coded = np.ascontiguousarray(spaces.linear_to_srgb(light)[..., ::-1]).reshape(-1, 1, 3).astype(np.float32)
        made = np.asarray(model.correctImage(coded), dtype=np.float64).reshape(-1, 3)[:, ::-1]
        return np.asarray(spaces.srgb_to_linear(np.clip(made, 0, 1)), dtype=np.float64)

    return corrects
