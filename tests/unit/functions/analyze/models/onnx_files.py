"""Small ONNX models for tests, made with the onnx library, and what their manifests say."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from functions.analyze.intake.verdict import Pixels
from functions.analyze.models.manifest import Boxes, Input, Label, Manifest, Output

SIDE = 4


def model(
    nodes: list[NodeProto],
    *,
    weights: dict[str, Any] | None = None,
    shape: tuple[Any, ...] = ("N", 3, SIDE, SIDE),
    answer: tuple[Any, ...] = ("N", 3),
    domains: tuple[str, ...] = (),
) -> ModelProto:
    """A model from `x` to `y`."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, answer)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def brightest_channel(**changes: Any) -> bytes:
    """A classifier whose logits are ten times the means of red, green and blue."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["m"]),
        helper.make_node("Flatten", ["m"], ["f"]),
        helper.make_node("Mul", ["f", "ten"], ["y"]),
    ]
    return model(nodes, weights={"ten": np.float32([10])}, **changes).SerializeToString()


def answering(value: Any) -> bytes:
    """A model that answers `value`, whatever it is shown."""
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Mul", ["s", "zero"], ["z"]),
        helper.make_node("Add", ["z", "c"], ["y"]),
    ]
    weights = {"zero": np.float32(0), "c": np.asarray(value, np.float32)}
    return model(nodes, weights=weights, shape=(1, 3, SIDE, SIDE), answer=np.shape(value)).SerializeToString()


def manifest(data: bytes = b"", **changes: Any) -> Manifest:
    """The manifest of such a classifier."""
    said = Manifest(
        name="channels",
        version=1,
        task="classify",
        input=Input(width=SIDE, height=SIDE),
        labels=tuple(Label(key=key, name=key.title()) for key in ("red", "green", "blue")),
        output=Output(decoding="softmax"),
        sample=False,
        licence="Apache-2.0",
        training_data="none: it computes",
        sha256=hashlib.sha256(data).hexdigest() if data else "",
        size=len(data),
    )
    return msgspec.structs.replace(said, **changes)


def detector(**boxes: Any) -> dict[str, Any]:
    """What is different in the manifest of a detector with the labels red, green, blue."""
    return {"task": "detect", "output": Output(decoding="yolo", boxes=Boxes(**boxes))}


def plain(red: int, green: int, blue: int, *, width: int = 8, height: int = 6) -> Pixels:
    """A picture of one colour."""
    return Pixels(width=width, height=height, rgb=bytes((red, green, blue)) * (width * height))
