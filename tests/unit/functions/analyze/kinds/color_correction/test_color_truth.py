"""Rendered scenes: what the camera did is undone, to within one ΔE00 on colours that were not on the chart."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from functions.analyze.kinds.color_correction import finding, selection
from functions.analyze.kinds.color_correction.fit import Problem, fit, shown_lab
from functions.analyze.kinds.color_correction.model import applied
from functions.analyze.kinds.color_correction.order import Kept
from functions.analyze.kinds.color_correction.raster import decode
from functions.analyze.kinds.color_correction.references import reference_lab
from tests.unit.functions.analyze.kinds.color_correction.charts import (
    WARM,
    corrected,
    error_of,
    found_in,
    photo_of,
    true_patches,
    warned,
)
from tools.color.scenes import CAMERAS, Camera, Pose, jpeg, photographed, scene

SURE = np.ones(24)


def problem(measured: np.ndarray, weights: np.ndarray = SURE) -> Problem:
    reference = reference_lab("classic_after_2014")
    return Problem(measured=measured, where=finding.ON_CHART, reference=reference, weights=weights, floor=0.01)


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_the_truth_is_recovered(camera):
    found = found_in(photo_of(camera))
    error = error_of(found.correction, camera)
    assert error.mean() < 1.0
    assert found.selected.best.held_out.mean() < 1.2
    assert found.before.mean() > 4


def test_a_chart_is_found_in_any_position_and_measured_the_same():
    means = []
    for degrees in (90, 180, 213):
        found = found_in(photo_of(pose=Pose(degrees=degrees, width=0.35)))
        means.append(found.selected.best.shown.mean())
        assert error_of(found.correction, WARM).mean() < 1.0
    assert max(means) < 1.0


def test_the_edition_of_the_chart_is_told_by_the_fit():
    for chart in ("classic_after_2014", "classic_before_2014"):
        assert found_in(photo_of(chart=chart)).best.chart == chart


def test_one_patch_that_is_dirty_draws_nothing():
    patches = true_patches() @ WARM.filters.T * WARM.light
    clean = selection.select(problem(patches))
    patches[5] = [0.5, 0.05, 0.05]
    dirty = selection.select(problem(patches))
    assert dirty.outliers == (5,)
    assert clean.outliers == ()
    others = np.arange(24) != 5
    assert dirty.best.shown[others].mean() < clean.best.shown[others].mean() + 0.1
    assert dirty.best.held_out[5] > 20


def test_a_larger_model_is_not_let_in_without_a_gain():
    patches = true_patches() @ WARM.filters.T * WARM.light
    chosen = selection.select(problem(patches)).best
    assert chosen.name == "matrix"
    assert chosen.shown.mean() < 0.6


def test_left_out_patches_are_really_left_out():
    patches = true_patches() @ WARM.filters.T * WARM.light
    made = selection.candidate(problem(patches), ("matrix",))
    weights = SURE.copy()
    weights[3] = 0
    without = fit(problem(patches, weights), selection.PARTS["matrix"])
    again = selection.evened_differences(problem(patches), without)[3]
    assert made.held_out[3] == pytest.approx(again, abs=0.02)


def test_what_is_measured_in_the_corrected_picture_is_what_was_promised():
    answer = corrected(photo_of())
    again = finding.find(decode(answer.files["corrected.jpg"].data))
    assert again.before.mean() == pytest.approx(answer.summary["deltaEAverage"], abs=0.35)
    assert answer.summary["deltaEAverage"] < 1.0
    assert answer.summary["accuracyRating"] == "excellent"


def test_a_photo_under_the_same_light_is_corrected_by_another_ones_chart():
    kept = msgspec.convert(corrected(photo_of()).full["correction"], Kept)
    plain = np.clip(np.random.default_rng(5).dirichlet(np.full(24, 0.5), (6, 8)) @ true_patches(), 0, 1)
    flat = np.kron(plain, np.ones((60, 60, 1)))
    answer = corrected(jpeg(photographed(scene(flat, (700, 560)), WARM)), kept=kept)
    assert answer.refused is None
    assert answer.summary["correctedImage"] == "corrected.jpg"
    assert "deltaEAverage" not in answer.summary
    assert applied(kept.correction, np.zeros((1, 3))).shape == (1, 3)
    # With a chart in it, what the other photo's correction is worth here is measured.
    same = corrected(photo_of(pose=Pose(degrees=40)), kept=kept)
    assert same.summary["deltaEAverage"] < 1.2
    assert warned(same) == set()
    other = corrected(photo_of(Camera(light=(0.6, 0.8, 1.0))), kept=kept)
    assert "LIGHT_DIFFERS" in warned(other)
    assert other.summary["deltaEAverage"] > 8


def test_the_own_reference_is_shown_as_srgb_shows_it():
    assert shown_lab(np.array([[2.0, 2.0, 2.0]]))[0, 0] == pytest.approx(100, abs=0.01)
