"""Figures about probabilities, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.skin_lesion import metrics
from models.skin_lesion.evaluation import evaluate
from models.skin_lesion.examples import LABELS, Examples


def test_balanced_accuracy_counts_every_label_the_same():
    found = np.array([[0.9, 0.1]] * 9 + [[0.9, 0.1]])
    assert metrics.balanced_accuracy(found, np.array([0] * 9 + [1])) == 0.5


def test_a_label_that_does_not_occur_does_not_count():
    found = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert metrics.balanced_accuracy(found, np.array([0, 1])) == 1.0


def test_confusions_are_counted_by_what_it_is_and_what_was_answered():
    found = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert metrics.confusion(found, np.array([0, 0, 1])).tolist() == [[1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5), ([0.1, 0.5, 0.5, 0.9], 0.875)],
)
def test_auc_is_the_chance_that_a_positive_scores_higher(scores, expected):
    assert metrics.auc(np.array(scores), np.array([False, False, True, True])) == expected


@given(
    arrays.arrays(np.int64, 12, elements=st.integers(0, 5)),
    arrays.arrays(np.bool_, 12, elements=st.booleans()),
)
def test_auc_is_what_counting_all_pairs_gives(scores, positive):
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    found = metrics.auc(scores, positive)
    assert math.isnan(found) if not pairs else found == pytest.approx(np.mean(pairs))


def test_who_is_always_sure_and_half_right_is_badly_calibrated():
    found = np.array([[1.0, 0.0]] * 4)
    assert metrics.calibration_error(found, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


def test_who_is_as_sure_as_right_is_calibrated():
    found = np.array([[0.75, 0.25]] * 4)
    assert metrics.calibration_error(found, np.array([0, 0, 0, 1])) == pytest.approx(0.0)


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(true_temperature):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (20_000, 7))
    chances = metrics.softmax(logits)
    labels = (chances.cumsum(1) > rng.random((len(chances), 1))).argmax(1)
    assert metrics.temperature(logits * true_temperature, labels) == pytest.approx(true_temperature, rel=0.05)


def test_softmax_takes_large_logits():
    assert metrics.softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


def test_the_figures_of_the_card_tell_lesions_from_other_pictures():
    labels = np.array([0, 1, 5, -1], dtype=np.int64)
    logits = np.full((4, len(LABELS)), 0.0)
    logits[0, 0] = logits[1, 1] = 9.0  # sure and right
    logits[2, 4] = 9.0  # sure and wrong; the last one is unsure
    blank = np.zeros((4, 2, 2, 3), dtype=np.uint8)
    tones = np.array([0, 5, 5, -1])
    examples = Examples(squares=blank, labels=labels, lesions=np.array(["a", "b", "c", "d"]), tones=tones)
    figures = evaluate(logits, examples, 1.0)
    assert (figures["pictures"], figures["lesions"]) == (3, 3)
    assert figures["balancedAccuracy"] == pytest.approx(0.6667, abs=1e-4)
    assert figures["balancedAccuracyByTone"] == {"light": 1.0, "dark": 0.5}
    assert (figures["specific"], figures["rightWhereSpecific"]) == (1.0, pytest.approx(0.6667, abs=1e-4))
    assert figures["others"] == {"pictures": 1, "labelShown": 0.0, "specific": 0.0}
