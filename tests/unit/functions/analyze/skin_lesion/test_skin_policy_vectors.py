"""The vectors that ship with the policy: what an app may rely on, one answer for each situation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from functions.analyze.kinds.skin_lesion import policy
from functions.analyze.kinds.skin_lesion.aggregate import Opinion
from functions.analyze.kinds.skin_lesion.decide import decide

DOCUMENT = json.loads(Path(policy.FILE).with_name("policy-vectors.json").read_text())
VECTORS = {vector["name"]: vector for vector in DOCUMENT["vectors"]}


def decided(vector):
    opinions = [
        Opinion(
            probabilities=tuple(math.nan if value is None else value for value in photo["probabilities"]),
            quality=photo["quality"],
        )
        for photo in vector["photos"]
    ]
    return decide(opinions, vector.get("labels", DOCUMENT["labels"]), policy.default_policy())


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_the_policy_answers_as_the_vector_says(vector):
    decision = decided(vector)
    assert {
        "outcome": decision.verdict.value,
        "label": decision.label,
        "because": [each.value for each in decision.because],
        "urgent": decision.urgent,
        "advice": list(decision.advice),
    } == vector["expected"]


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_disclaimers_come_with_every_answer(vector):
    assert decided(vector).disclaimers == policy.default_policy().disclaimers


def test_the_vectors_are_those_of_this_policy_and_every_situation_has_one():
    assert DOCUMENT["policy"] == policy.default_policy().version
    assert len(VECTORS) == len(DOCUMENT["vectors"])
    assert {vector["expected"]["outcome"] for vector in VECTORS.values()} == {each.value for each in policy.Verdict}
    named = {reason for vector in VECTORS.values() for reason in vector["expected"]["because"]}
    assert named == {each.value for each in policy.Because}
