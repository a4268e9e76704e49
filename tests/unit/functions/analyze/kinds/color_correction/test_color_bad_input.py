"""Photos that cannot be corrected, or only badly: each ends in a clear answer."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from functions.analyze.kinds.color_correction.refusal import REFUSALS, WARNINGS
from functions.analyze.kinds.color_correction.spaces import linear_to_srgb
from tests.unit.functions.analyze.kinds.color_correction.charts import (
    PHOTOS,
    WARM,
    corrected,
    needs_photos,
    photo_of,
    picture_of,
    refused,
    true_patches,
    warned,
)
from tools.color.scenes import Camera, Pose, chart_picture, exposed, jpeg, photographed, png16, scene

CHARTS = {"color_calibrite_passport.png", "color_classic_mini.jpg", "color_img1967_passport.jpg"}


def table(camera: Camera = WARM) -> np.ndarray:
    """A photo with no chart: only the table, and something colourful on it."""
    flat = np.kron(np.random.default_rng(2).uniform(0, 1, (3, 5, 3)), np.ones((80, 80, 1)))
    return photographed(scene(flat, (900, 700)), camera)


def test_no_chart():
    assert refused(jpeg(table())) == "CHART_NOT_FOUND"


@needs_photos
@pytest.mark.parametrize(
    "name", sorted(path.name for path in PHOTOS.glob("*.*g") if not path.name.startswith(("color_", "robust_")))
)
def test_no_chart_is_found_in_photos_that_have_none(name):
    assert refused((PHOTOS / name).read_bytes()) in {"CHART_NOT_FOUND", "PHOTO_MONOCHROME"}


def test_a_mirrored_chart():
    assert refused(jpeg(picture_of()[:, ::-1])) == "CHART_MIRRORED"


def test_half_a_chart():
    picture = picture_of(pose=Pose(middle=(0.5, 0.4), degrees=0, tilt=0))
    for cut in (picture[:, : picture.shape[1] // 2], picture[: int(picture.shape[0] * 0.5)]):
        assert refused(jpeg(cut)) in {"CHART_NOT_FOUND", "CHART_CUT_OFF", "CHART_MISFIT"}


def shrunk(side: float) -> bytes:
    """A photo in which a patch of the chart has so many pixels to a side."""
    picture = picture_of(pose=Pose(width=0.7, middle=(0.5, 0.37), tilt=0.02))
    factor = side / (0.7 * picture.shape[1] / 7)
    return jpeg(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), 98)


def test_a_chart_that_is_too_small():
    assert refused(shrunk(5.3)) == "CHART_TOO_SMALL"


def test_a_small_chart_is_taken_with_a_warning():
    answer = corrected(shrunk(9))
    assert answer.refused is None
    assert "CHART_SMALL" in warned(answer)


def test_a_monochrome_photo():
    grey = cv2.cvtColor(picture_of(), cv2.COLOR_RGB2GRAY)
    assert refused(jpeg(np.repeat(grey[..., None], 3, axis=2))) == "PHOTO_MONOCHROME"
    made = io.BytesIO()
    Image.fromarray(grey).save(made, "PNG")
    assert refused(made.getvalue()) == "PHOTO_MONOCHROME"


def test_clipped_highlights_are_left_out_or_refused():
    slightly = corrected(photo_of(Camera(light=(1.0, 0.9, 0.8), exposure=1.35)))
    assert slightly.refused is None
    assert "HIGHLIGHTS_CLIPPED" in warned(slightly)
    assert not all(patch["used"] for patch in slightly.full["patches"])
    assert refused(photo_of(Camera(exposure=4.5))) in {"CHART_CLIPPED", "CHART_NOT_FOUND", "CHART_MISFIT"}


def test_a_chart_on_a_phones_screen():
    picture = picture_of().astype(np.float64)
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    moire = 1 + 0.05 * np.sin(2 * np.pi * (0.17 * x + 0.06 * y))
    answer = corrected(jpeg(np.clip(picture * moire[..., None], 0, 255).astype(np.uint8)))
    assert answer.refused is None
    assert "CHART_ON_SCREEN" in warned(answer)


def test_a_chart_with_other_colours_is_refused():
    shuffled = np.random.default_rng(1).permutation(true_patches())
    photo = jpeg(photographed(scene(chart_picture(shuffled), (800, 600)), WARM))
    assert refused(photo) in {"CHART_MISFIT", "CHART_NOT_FOUND"}


def test_a_chart_in_a_shadow_is_told():
    answer = corrected(photo_of(Camera(vignetting=0.9), pose=Pose(middle=(0.72, 0.55), width=0.4)))
    assert answer.refused is None
    assert "CHART_SHADED" in warned(answer)
    assert answer.full["metadata"]["unevenLight"] > 0.12


def test_of_two_charts_the_better_is_used_and_the_other_checks_it():
    truth = scene(chart_picture(true_patches()), (600, 600), Pose(width=0.7, middle=(0.5, 0.5)))
    left, right = photographed(truth, WARM), photographed(truth, WARM, seed=2)
    agreeing = corrected(jpeg(np.hstack([left, right])))
    assert len(agreeing.full["otherCharts"]) == 1
    assert agreeing.full["otherCharts"][0]["deltaEAverage"] < 1.5
    assert "CHARTS_DISAGREE" not in warned(agreeing)
    blue = photographed(truth, Camera(light=(0.6, 0.8, 1.0)))
    assert "CHARTS_DISAGREE" in warned(corrected(jpeg(np.hstack([left, blue]))))


def test_a_photo_that_is_right_already_is_kept_and_it_says_so():
    right = np.round(linear_to_srgb(scene(chart_picture(true_patches()), (800, 600))) * 255).astype(np.uint8)
    answer = corrected(jpeg(right, 98))
    assert answer.refused is None
    assert answer.summary["helped"] is False
    assert answer.summary["correctedImage"] is None
    assert "CORRECTION_NOT_HELPFUL" in warned(answer)
    assert not any(name.startswith("corrected") for name in answer.files)
    assert "comparison.jpg" in answer.files


def test_16_bits_stay_16_bits():
    truth = scene(chart_picture(true_patches()), (800, 600))
    answer = corrected(png16(exposed(truth, WARM)))
    assert answer.full["metadata"]["bitsPerChannel"] == 16
    made = cv2.imdecode(np.frombuffer(answer.files["corrected.png"].data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert made.dtype == np.uint16
    assert len(np.unique(made & 0xFF)) == 256, "the lower eight bits say something"
    assert answer.summary["deltaEAverage"] < 1.0


def test_a_cmyk_photo_is_corrected():
    made = io.BytesIO()
    Image.fromarray(picture_of()).convert("CMYK").save(made, "JPEG", quality=95)
    answer = corrected(made.getvalue())
    assert answer.refused is None
    assert answer.summary["deltaEAverage"] < 1.5


def test_what_is_no_photo_is_refused_in_the_intakes_words():
    assert refused(b"") == "EMPTY_FILE"
    assert refused(b"GIF89a") == "UNSUPPORTED_TYPE"
    assert refused(photo_of()[:5000]) == "UNREADABLE"


def test_every_reason_says_what_to_do():
    for message in (*REFUSALS.values(), *WARNINGS.values()):
        assert message.endswith(".")
        assert len(message) > 40
