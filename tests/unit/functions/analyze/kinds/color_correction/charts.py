"""Rendered charts and what tests do with them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from functions.analyze.kinds.color_correction import finding, task
from functions.analyze.kinds.color_correction.difference import delta_e_2000
from functions.analyze.kinds.color_correction.fit import shown_lab
from functions.analyze.kinds.color_correction.model import applied
from functions.analyze.kinds.color_correction.order import Answer, Correction, Order
from functions.analyze.kinds.color_correction.raster import decode
from functions.analyze.kinds.color_correction.references import reference_xyz
from functions.analyze.kinds.color_correction.spaces import XYZ_TO_SRGB, srgb_to_linear
from tests.running import ROOT
from tools.color.scenes import USUAL, Camera, Pose, chart_picture, jpeg, photographed, scene

PHOTOS = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no real photos: {PHOTOS} is missing (LOUPE_PHOTOS)")
SIZE = (800, 600)
WARM = Camera(light=(1.0, 0.78, 0.52))


def true_patches(chart: str = "classic_after_2014") -> np.ndarray:
    """The chart's 24 patches in linear sRGB; red of the cyan is below 0, for sRGB cannot show it."""
    return reference_xyz(chart) @ XYZ_TO_SRGB.T


def picture_of(
    camera: Camera = WARM, *, chart: str = "classic_after_2014", size: tuple[int, int] = SIZE, pose: Pose = USUAL
) -> np.ndarray:
    """A photo of a chart: 8 bits, red first."""
    return photographed(scene(chart_picture(true_patches(chart)), size, pose), camera)


def photo_of(camera: Camera = WARM, **how: object) -> bytes:
    """The same as a JPEG file."""
    return jpeg(picture_of(camera, **how))


def corrected(photo: bytes, **how: object) -> Answer:
    return task.correct(Order(photo=photo, report=False, **how))


def refused(photo: bytes, **how: object) -> str:
    """Why a photo is refused; `corrected` where it is not."""
    answer = corrected(photo, **how)
    return answer.refused.reason if answer.refused else "corrected"


def warned(answer: Answer) -> set[str]:
    return {one.reason for one in answer.warnings}


def error_of(correction: Correction, camera: Camera) -> np.ndarray:
    """ΔE00 of 200 colours that the correction has not seen, against the truth."""
    weights = np.random.default_rng(3).dirichlet(np.full(24, 0.35), 200)
    truth = weights @ true_patches()
    seen = srgb_to_linear(camera.codes(camera.sees(truth)))
    return delta_e_2000(shown_lab(applied(correction, seen)), shown_lab(truth))


def found_in(photo: bytes) -> finding.Found:
    return finding.find(decode(photo))
