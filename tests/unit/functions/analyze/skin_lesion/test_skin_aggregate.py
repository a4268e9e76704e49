"""Several photos to one distribution, and how much they contradict each other."""

from __future__ import annotations

import math

import pytest

from functions.analyze.kinds.skin_lesion.aggregate import Opinion, aggregate, disagreement, is_distribution

SURE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def opinion(*probabilities: float, quality: float = 100) -> Opinion:
    return Opinion(probabilities=probabilities, quality=quality)


def test_one_photo_is_what_the_model_said():
    whole = aggregate([opinion(0.7, 0.2, 0.1, quality=30)], least_weight=0.1)
    assert whole.probabilities == (0.7, 0.2, 0.1)
    assert (whole.count, whole.weights, whole.disagreement) == (1, (1.0,), 0.0)


def test_a_photo_counts_as_much_as_it_is_good():
    whole = aggregate([opinion(1.0, 0.0, quality=75), opinion(0.0, 1.0, quality=25)], least_weight=0.1)
    assert whole.probabilities == pytest.approx((0.75, 0.25))
    assert whole.weights == pytest.approx((0.75, 0.25))


@pytest.mark.parametrize("quality", [0, -5, math.nan, -math.inf])
def test_even_the_worst_photo_counts_a_little(quality):
    whole = aggregate([opinion(1.0, 0.0), opinion(0.0, 1.0, quality=quality)], least_weight=0.1)
    assert whole.weights == pytest.approx((1 / 1.1, 0.1 / 1.1))


def test_photos_that_say_the_same_do_not_disagree():
    assert disagreement([(0.2, 0.5, 0.3)] * 3) == pytest.approx(0, abs=1e-12)
    assert disagreement([(0.2, 0.8)]) == 0.0


@pytest.mark.parametrize("count", [2, 3])
def test_photos_that_are_sure_of_different_things_disagree_fully(count):
    assert disagreement(SURE[:count]) == pytest.approx(1.0)


def test_the_figure_is_the_divergence_of_jensen_and_shannon():
    first, second = (0.9, 0.1), (0.4, 0.6)
    middle = (0.65, 0.35)

    def relative(one, other):
        return sum(p * math.log2(p / q) for p, q in zip(one, other, strict=True))

    expected = 0.5 * relative(first, middle) + 0.5 * relative(second, middle)  # in bits: at most 1 for two
    assert disagreement([first, second]) == pytest.approx(expected)


def test_quality_does_not_hide_a_contradiction():
    good_and_bad = [opinion(1.0, 0.0), opinion(0.0, 1.0, quality=0)]
    assert aggregate(good_and_bad, least_weight=0.1).disagreement == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.5, 0.5), True),
        ((1.0, 0.0), True),
        ((0.5, 0.5004), True),
        ((0.5, 0.502), False),
        ((0.5,), False),
        ((0.2, 0.3, 0.5), False),
        ((1.5, -0.5), False),
        ((math.nan, 1.0), False),
        ((math.inf, 0.0), False),
        ((), False),
    ],
    ids=str,
)
def test_what_a_distribution_over_two_labels_is(values, expected):
    assert is_distribution(values, labels=2, tolerance=0.001) is expected
