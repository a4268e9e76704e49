from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from functions.analyze.intake.metrics import measure
from functions.analyze.intake.screen import _ALIASES, AVIF, HEIC, JPEG, PNG, WEBP
from shared.model.kinds import IMAGE_TYPES, KINDS, MAX_IMAGE_BYTES
from shared.model.quality import FILE, default_policy, load_policy

POLICY = default_policy()


def test_every_rule_has_advice_and_measures_something_that_is_measured() -> None:
    measured = measure(np.zeros((300, 300), np.uint8))
    used = {rule.metric for rule in POLICY.rules} | {part.metric for way in POLICY.empty for part in way.conditions}
    assert used <= set(measured)
    assert {rule.reason for rule in POLICY.rules} == set(POLICY.retake)


def test_what_is_not_asked_of_a_kind_is_a_rule_and_the_kind_there() -> None:
    assert POLICY.unasked.keys() <= KINDS.keys()
    for kind, reasons in POLICY.unasked.items():
        assert set(reasons) <= set(POLICY.retake)
        assert [rule for rule in POLICY.rules if rule.reason not in reasons] == list(POLICY.asked(kind))
    assert POLICY.asked("inspection") == POLICY.rules


def test_every_rule_has_its_warning_between_its_worst_and_its_good_value() -> None:
    for rule in POLICY.rules:
        assert rule.worst < rule.warn < rule.good or rule.worst > rule.warn > rule.good


def test_what_upload_promises_to_take_is_what_the_intake_takes() -> None:
    assert POLICY.limits.max_bytes == MAX_IMAGE_BYTES
    assert {_ALIASES.get(name, name) for name in IMAGE_TYPES} == {JPEG, PNG, WEBP, HEIC, AVIF}


def test_a_misspelt_policy_is_refused(tmp_path: Path) -> None:
    policy = json.loads(FILE.read_text())
    policy["limits"]["maxByte"] = policy["limits"].pop("maxBytes")
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    with pytest.raises(msgspec.ValidationError, match=r"maxByte"):
        load_policy(tmp_path / "policy.json")
