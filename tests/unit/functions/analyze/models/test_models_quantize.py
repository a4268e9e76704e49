"""A network of convolutions in whole numbers: smaller, measured on other pictures, and said so."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from functions.analyze.models import registry
from functions.analyze.models.library import FolderLibrary
from functions.analyze.models.manifest import Input, Output
from functions.analyze.models.quantize import quantized
from functions.analyze.models.structure import BadModel
from tests.unit.functions.analyze.models.onnx_files import manifest

COLORS = {"red": (200, 60, 60), "green": (60, 200, 60), "blue": (60, 60, 200)}
WIDE = 64


def network() -> bytes:
    """Three channels through a wide layer that keeps them apart, and their means."""
    dice = np.random.default_rng(0)
    widen = dice.normal(0, 0.02, (WIDE, 3, 3, 3)).astype(np.float32)
    widen[:3, :, 1, 1] = np.eye(3) * 2 - np.ones((3, 3)) * 0.5
    narrow = dice.normal(0, 0.02, (3, WIDE, 1, 1)).astype(np.float32)
    narrow[:, :3, 0, 0] = np.eye(3) * 8
    weights = {"widen": widen, "narrow": narrow}
    nodes = [
        helper.make_node("Conv", ["x", "widen"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "narrow"], ["c"]),
        helper.make_node("GlobalAveragePool", ["c"], ["d"]),
        helper.make_node("Flatten", ["d"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    dice = np.random.default_rng(1)
    for label, color in COLORS.items():
        (made / label).mkdir()
        for number in range(5):
            tile = np.clip(np.array(color) + dice.normal(0, 40, (320, 320, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(tile).save(made / label / f"{number}.png")
    (made / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    return made


@pytest.fixture
def library(tmp_path):
    made = FolderLibrary(tmp_path / "models")
    registry.add(made, network(), manifest(input=Input(width=32, height=32)), "# Three colours\n")
    return made


def test_the_new_version_says_what_it_was_made_of_and_how_much_has_stayed(library, folder):
    said = library.manifest("channels", 1)
    made = quantized(library, said, version=2, calibration=folder, held_out=None)
    report = made["report"]
    assert (report.calibrated_on, report.compared_on) == (11, 4)
    assert report.agreement == 1.0
    assert report.largest_difference < 0.1
    assert report.accuracy == {"before": 1.0, "after": 1.0}
    kept = library.manifest("channels", 2)
    assert kept.metrics["quantized"]["from"] == 1
    assert kept.metrics["quantized"]["accuracy"]["after"] == 1.0
    card = registry.card(library, "channels", 2)
    assert card.startswith("# Three colours")
    assert "in whole numbers (INT8)" in card
    data = library.verified(kept, prepared=False)
    assert b"QuantizeLinear" in data


def test_too_few_pictures_are_refused(library, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    with pytest.raises(BadModel, match=r"0 pictures to calibrate on .* 1 UNREADABLE"):
        quantized(library, library.manifest("channels", 1), version=2, calibration=tmp_path / "empty", held_out=None)
    assert library.manifest("channels", 2) is None


def test_vectors_are_not_quantised(library, folder):
    said = manifest(task="embed", labels=(), output=Output(decoding="none"))
    with pytest.raises(BadModel, match="cannot be compared"):
        quantized(library, said, version=2, calibration=folder, held_out=None)
