"""Whatever a model says: no advice of a label's own below 80 %, none at all and no label below 50 %."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.analyze.kinds.skin_lesion.aggregate import Opinion, aggregate, disagreement, is_distribution
from functions.analyze.kinds.skin_lesion.decide import SHOWN_STEPS, decide, rounded_down
from functions.analyze.kinds.skin_lesion.policy import Because, Verdict, default_policy

POLICY = default_policy()
LABELS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
OWN = {key for keys in POLICY.specific.values() for key in keys}
EDGES = [bound + step for bound in (0.5, 0.8) for step in (-1e-9, -1e-16, 0.0, 1e-16, 1e-9)]

anything = st.floats(allow_nan=True, allow_infinity=True)
qualities = st.one_of(st.integers(0, 100), anything)
near_a_bound = st.sampled_from(EDGES)


@st.composite
def distributions(draw, count: int = len(LABELS)):
    """One probability for each label that sum to one, often with the surest at a bound, often with ties."""
    parts = draw(st.lists(st.one_of(st.integers(0, 5), st.floats(0, 1)), min_size=count, max_size=count))
    total = math.fsum(parts)
    values = [part / total for part in parts] if total > 1e-6 else [1 / count] * count
    if draw(st.booleans()):
        surest, where = draw(near_a_bound), draw(st.integers(0, count - 1))
        rest = math.fsum(value for index, value in enumerate(values) if index != where) or 1.0
        values = [surest if index == where else value / rest * (1 - surest) for index, value in enumerate(values)]
    return tuple(values)


def opinions(of):
    return st.lists(st.builds(Opinion, probabilities=of, quality=qualities), min_size=1, max_size=3)


good = opinions(distributions())
broken = opinions(st.lists(st.one_of(anything, near_a_bound, st.floats(0, 1)), max_size=9).map(tuple))


def held(decision):
    """The promises that every decision keeps."""
    assert decision.disclaimers == POLICY.disclaimers
    assert 0 <= decision.confidence <= 1
    if decision.verdict is Verdict.INCONCLUSIVE:
        assert (decision.label, decision.advice, decision.urgent) == (None, (), False)
        assert decision.because
        return
    assert decision.confidence >= 0.5
    assert set(POLICY.always) <= set(decision.advice)
    assert decision.urgent >= (decision.label in POLICY.red_flags.labels)
    assert decision.urgent is bool(set(POLICY.red_flag) & set(decision.advice))
    own = OWN & set(decision.advice)
    if decision.verdict is Verdict.SPECIFIC:
        assert decision.confidence >= 0.8
        assert own == set(POLICY.specific[decision.label])
    else:
        assert not own


@given(good)
@settings(max_examples=600)
def test_distributions_are_held_to_the_policy(photos):
    decision = decide(photos, LABELS, POLICY)
    held(decision)
    surest = max(decision.aggregate.probabilities)
    assert (decision.verdict is Verdict.INCONCLUSIVE) >= (surest < 0.5)
    assert (decision.verdict is Verdict.SPECIFIC) <= (surest >= 0.8)


@given(st.one_of(good, broken), st.lists(st.text(max_size=8), max_size=9, unique=True))
@settings(max_examples=600)
def test_whatever_a_model_says_about_whatever_labels_is_held_to_the_policy(photos, labels):
    held(decide(photos, labels, POLICY))


@given(st.lists(st.builds(Opinion, probabilities=st.just((1.0,)), quality=qualities), max_size=3))
def test_a_model_with_one_label_never_says_it(photos):
    decision = decide(photos, ("nv",), POLICY)
    held(decision)
    assert decision.because == (Because.ONE_LABEL,)


@given(good, st.integers(0, 2), st.integers(0, 6), st.sampled_from([math.nan, math.inf, -math.inf, -0.1, 1.1]))
def test_one_number_that_is_no_probability_spoils_the_whole(photos, which, where, wrong):
    which = min(which, len(photos) - 1)
    values = list(photos[which].probabilities)
    values[where] = wrong
    photos = [*photos[:which], Opinion(probabilities=tuple(values), quality=90), *photos[which + 1 :]]
    assert decide(photos, LABELS, POLICY).because == (Because.NOT_PROBABILITIES,)


@given(good)
def test_the_order_of_the_photos_changes_nothing_that_is_said(photos):
    one, other = decide(photos, LABELS, POLICY), decide(photos[::-1], LABELS, POLICY)
    assert one.aggregate.disagreement == pytest.approx(other.aggregate.disagreement, abs=1e-12)
    assert one.aggregate.probabilities == pytest.approx(other.aggregate.probabilities, abs=1e-15)


@given(good)
def test_an_aggregate_is_a_distribution_between_those_it_is_of(photos):
    whole = aggregate(photos, least_weight=POLICY.least_weight)
    assert is_distribution(whole.probabilities, labels=len(LABELS), tolerance=1e-9)
    assert math.fsum(whole.weights) == pytest.approx(1)
    for number, value in enumerate(whole.probabilities):
        given_ones = [photo.probabilities[number] for photo in photos]
        assert min(given_ones) - 1e-12 <= value <= max(given_ones) + 1e-12


@given(st.lists(distributions(), min_size=1, max_size=3))
def test_disagreement_is_a_share(rows):
    assert 0 <= disagreement(rows) <= 1


@given(st.one_of(st.floats(0, 1), near_a_bound))
def test_a_probability_is_never_told_larger_than_it_is(value):
    told = rounded_down(value)
    assert told <= value or Fraction(told) - Fraction(value) < Fraction(1, 10**15)
    assert value - told < 1.001 / SHOWN_STEPS
    assert (told >= 0.5, told >= 0.8) == (value >= 0.5, value >= 0.8)
