"""Files that are no models, or models that reach beyond themselves, are refused before anything of them runs."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from onnx import TensorProto, helper

from functions.analyze.models.structure import BadModel, check
from tests.unit.functions.analyze.models.onnx_files import brightest_channel, model


def within(tensor):
    """A model whose one weight is this tensor, as an initializer, as an attribute, and in a nested graph."""
    whole = model([helper.make_node("Add", ["x", "w"], ["y"])])
    whole.graph.initializer.append(tensor)
    yield whole
    yield model([helper.make_node("Constant", [], ["w"], value=tensor), helper.make_node("Add", ["x", "w"], ["y"])])
    inner = helper.make_graph([helper.make_node("Identity", ["w"], ["o"])], "inner", [], [], [tensor])
    yield model([helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)])


def external(location):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


def test_a_plain_model_is_let_through():
    check(brightest_channel())


@pytest.mark.parametrize("location", ["weights.bin", "../../etc/passwd", "/etc/passwd"])
def test_weights_in_other_files_are_refused_wherever_they_are(location):
    for found in within(external(location)):
        with pytest.raises(BadModel, match="another file"):
            check(found.SerializeToString())


def test_tensors_that_no_model_needs_are_refused():
    for dims in ([2**20, 2**20], [2**62, 4], [1, -1]):
        for found in within(TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims)):
            with pytest.raises(BadModel, match="the tensor 'w'"):
                check(found.SerializeToString())


def test_operators_of_somebody_else_are_refused():
    found = model([helper.make_node("Evil", ["x"], ["y"], domain="com.example")], domains=("com.example",))
    with pytest.raises(BadModel, match=r"'Evil' of 'com\.example'"):
        check(found.SerializeToString())


def test_graphs_nested_without_end_are_refused():
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["o"])], "g", [], [])
    for _ in range(20):
        graph = helper.make_graph([helper.make_node("If", ["c"], ["o"], then_branch=graph)], "g", [], [])
    with pytest.raises(BadModel, match="nested"):
        check(model(list(graph.node)).SerializeToString())


def test_what_is_no_model_is_refused():
    whole = brightest_channel()
    for data in (b"", b"PK\x03\x04" + bytes(100), b"\xff" * 1000, bytes(1000), whole[: len(whole) // 2], b"<html>"):
        with pytest.raises(BadModel):
            check(data)


def test_any_single_changed_byte_is_refused_or_harmless():
    """It never fails in another way than by refusing."""
    whole = brightest_channel()
    dice = np.random.default_rng(5)
    for _ in range(300):
        data = bytearray(whole)
        data[int(dice.integers(len(data)))] = int(dice.integers(256))
        with contextlib.suppress(BadModel):
            check(bytes(data))
