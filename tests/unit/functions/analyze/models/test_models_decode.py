"""Answers of models become probabilities, vectors and boxes, or are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from functions.analyze.models.decode import BadAnswer, detections, embedding, probabilities
from functions.analyze.models.manifest import Boxes, Output
from functions.analyze.models.preprocess import Placement
from tests.unit.functions.analyze.models.onnx_files import detector, manifest

WHOLE = Placement(left=0.0, top=0.0, width=1.0, height=1.0)
SOFTMAX, SIGMOID = manifest(), manifest(output=Output(decoding="sigmoid"))
PROBABILITIES = manifest(output=Output(decoding="probabilities"))


@given(arrays.arrays(np.float32, (2, 3), elements=st.floats(-(2.0**100), 2.0**100, width=32)), st.floats(0.01, 100))
def test_softmax_sums_to_one_and_keeps_the_order(logits, temperature):
    for row, found in zip(logits, probabilities(logits, manifest(temperature=temperature)), strict=True):
        assert math.isclose(sum(found), 1.0, abs_tol=1e-9)
        assert all(0 <= value <= 1 for value in found)
        assert found[int(row.argmax())] == max(found)


@given(arrays.arrays(np.float64, (1, 3), elements=st.floats(-1e300, 1e300)))
def test_sigmoids_lie_between_zero_and_one(logits):
    (found,) = probabilities(logits, SIGMOID)
    assert all(0 <= value <= 1 for value in found)


def test_a_temperature_makes_a_model_less_sure():
    sure, calibrated = (probabilities(np.array([[2.0, 0.0, 0.0]]), manifest(temperature=t))[0][0] for t in (1, 4))
    assert sure == pytest.approx(math.exp(2) / (math.exp(2) + 2))
    assert calibrated == pytest.approx(math.exp(0.5) / (math.exp(0.5) + 2))


def test_convolutional_heads_may_keep_their_last_axes():
    assert len(probabilities(np.zeros((2, 3, 1, 1)), SOFTMAX)) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("said", [SOFTMAX, SIGMOID, PROBABILITIES])
def test_numbers_that_are_not_finite_are_refused(bad, said):
    with pytest.raises(BadAnswer, match="finite"):
        probabilities(np.array([[0.1, bad, 0.1]]), said)


@pytest.mark.parametrize("shape", [(3,), (1, 4), (1, 3, 2), (), (1, 1, 3)])
def test_an_answer_of_another_shape_is_refused(shape):
    with pytest.raises(BadAnswer, match="shape"):
        probabilities(np.zeros(shape), SOFTMAX)


def test_probabilities_that_are_none_are_refused():
    assert probabilities(np.array([[1.0004, -0.0004, 0.0]]), PROBABILITIES) == ((1.0, 0.0, 0.0),)
    with pytest.raises(BadAnswer, match="not 0 and 1"):
        probabilities(np.array([[3.0, 0.0, 0.0]]), PROBABILITIES)


def test_embeddings_have_length_one():
    assert embedding(np.array([[3.0, 4.0]])) == ((0.6, 0.8),)
    with pytest.raises(BadAnswer):
        embedding(np.zeros((1, 3)))
    with pytest.raises(BadAnswer):
        embedding(np.array([[np.nan, 1.0]]))


def rows(*given):
    """Rows of cx, cy, w, h in pixels of a 4 x 4 input and three scores, as YOLOv8 answers them."""
    return np.array(given, np.float32).T[None]


def test_boxes_come_best_first_in_fractions_of_the_picture():
    answer = rows((1, 1, 2, 2, 0.1, 0.6, 0), (3, 3, 2, 2, 0.9, 0, 0), (2, 2, 1, 1, 0.1, 0.1, 0.1))
    first, second = detections(answer, manifest(**detector()), WHOLE)
    assert (first.label, first.left, first.top, first.width, first.height) == (0, 0.5, 0.5, 0.5, 0.5)
    assert (second.label, second.left) == (1, 0.0)
    assert first.score == pytest.approx(0.9)


def test_of_boxes_that_overlap_the_best_of_a_label_stays():
    same = rows((2, 2, 2, 2, 0.9, 0, 0), (2.1, 2, 2, 2, 0.8, 0, 0), (2.1, 2, 2, 2, 0, 0.7, 0))
    assert [found.label for found in detections(same, manifest(**detector()), WHOLE)] == [0, 1]
    assert len(detections(same, manifest(**detector(iou_threshold=0.99)), WHOLE)) == 3
    assert len(detections(same, manifest(**detector(max_detections=1)), WHOLE)) == 1


def test_objectness_corners_fractions_and_logits_are_read_as_said():
    said = manifest(**detector(objectness=True, channels_first=False, format="xyxy", units="fractions"))
    (found,) = detections(np.array([[[0.1, 0.2, 0.5, 0.6, 0.5, 0.8, 0.1, 0.1]]]), said, WHOLE)
    assert found.score == pytest.approx(0.4)
    assert (found.left, found.top) == pytest.approx((0.1, 0.2))
    logits = manifest(**detector(logits=True))
    assert detections(rows((2, 2, 2, 2, 0, -9, -9)), logits, WHOLE)[0].score == pytest.approx(0.5)


def test_boxes_are_placed_on_the_picture_and_cut_to_it():
    padded = Placement(left=0.0, top=-0.5, width=1.0, height=2.0)
    (found,) = detections(rows((2, 2, 4, 4, 0.9, 0, 0)), manifest(**detector()), padded)
    assert (found.top, found.height) == (0, 1)


@pytest.mark.parametrize("answer", [np.zeros((1, 8, 5)), np.zeros((2, 7, 5)), np.zeros(7), np.full((1, 7, 5), np.nan)])
def test_boxes_that_do_not_fit_are_refused(answer):
    with pytest.raises(BadAnswer):
        detections(answer, manifest(**detector()), WHOLE)


@given(arrays.arrays(np.float32, (1, 7, 30), elements=st.floats(-50, 50, width=32)))
def test_any_finite_boxes_stay_inside_the_picture(answer):
    said = manifest(output=Output(decoding="yolo", boxes=Boxes(logits=True, score_threshold=0.0)), task="detect")
    for found in detections(answer, said, WHOLE):
        assert 0 <= found.left <= found.left + found.width <= 1 + 1e-9
        assert 0 <= found.top <= found.top + found.height <= 1 + 1e-9
        assert 0 <= found.score <= 1
