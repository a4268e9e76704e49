"""Manifests hold together or are refused with a reason."""

from __future__ import annotations

import json

import pytest

from functions.analyze.models import manifest, names
from tests.unit.functions.analyze.models.onnx_files import manifest as a_manifest


def fields(**changes):
    return {**json.loads(manifest.dump(a_manifest())), **changes}


def test_a_manifest_survives_being_written_and_read():
    said = a_manifest()
    assert manifest.parse(manifest.dump(said)) == said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "../evil"}, "name"),
        ({"version": 0}, "version"),
        ({"task": "segment"}, "task"),
        ({"sample": None}, "sample"),
        ({"labels": []}, "at least one"),
        ({"labels": [{"key": "a", "name": "A"}] * 2}, "differ"),
        ({"labels": [{"key": "a/b", "name": "A"}]}, "key"),
        ({"output": {"decoding": "yolo"}}, "decoded by"),
        ({"output": {"decoding": "probabilities"}, "temperature": 2.0}, "logits"),
        ({"temperature": 0}, "temperature"),
        ({"input": {"width": 0, "height": 4}}, "width"),
        ({"input": {"width": 100_000, "height": 4}}, "width"),
        ({"input": {"width": 4, "height": 4, "std": [0, 1, 1]}}, "std"),
        ({"input": {"width": 4, "height": 4, "mean": [0.1, 0.2]}}, "each channel"),
        ({"input": {"width": 4, "height": 4, "type": "uint8"}}, "uint8"),
        ({"input": {"width": 4, "height": 4, "colourOrder": "RGB"}}, "colourOrder"),
        ({"thresholds": {"stop": 1.5}}, "thresholds"),
        ({"sha256": "abc"}, "sha256"),
        ({"licence": ""}, "licence"),
        ({"approvedBy": "nobody"}, "approvedBy"),
    ],
)
def test_a_manifest_that_does_not_hold_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        manifest.parse(json.dumps(fields(**changes)).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b" " * 300_000, b'{"name": NaN}'])
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(ValueError, match="manifest"):
        manifest.parse(data)


@pytest.mark.parametrize(
    ("text", "read"),
    [("skin_lesion", "skin_lesion@stable"), ("a@next", "a@next"), ("a/12", "a/12")],
)
def test_models_are_named_by_version_or_alias(text, read):
    assert str(names.parse(text)) == read


@pytest.mark.parametrize("text", ["", "A", "a/0", "a/01", "a/../b", "a@", "a@b@c", "a/1@b", "../a", "a" * 41, "a/1\n"])
def test_what_names_no_model_is_refused(text):
    with pytest.raises(ValueError, match="names no model"):
        names.parse(text)
