"""A network of MobileNetV2's shape (Sandler et al. 2018) with random weights: what it says means nothing, how long it
takes does. 3.5 million parameters at 1000 labels, 2.2 million without the last layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class Network:
    """An ONNX graph as it grows; weights are drawn from `seed`."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def mobilenet(self, *, side: int = 224, labels: int = 7) -> bytes:
        """The network as an ONNX file, for pictures of `side` x `side` pixels, one at a time or many."""
        from onnx import TensorProto, helper

        last = self._convolution("x", 3, 32, 3, stride=2)
        channels = 32
        for expansion, width, repeats, stride in BLOCKS:
            for number in range(repeats):
                last = self._block(last, channels, width, expansion, stride if number == 0 else 1)
                channels = width
        last = self._convolution(last, channels, 1280, 1)
        last = self._node("GlobalAveragePool", [last])
        last = self._node("Flatten", [last])
        weight = self._weight((1280, labels), 1280)
        last = self._node("MatMul", [last, weight], out="y")
        graph = helper.make_graph(
            self._nodes,
            "mobilenet",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, side, side])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", labels])],
            self._weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        data: bytes = model.SerializeToString()
        return data

    def _block(self, before: str, channels: int, width: int, expansion: int, stride: int) -> str:
        inner = channels * expansion
        last = self._convolution(before, channels, inner, 1) if expansion > 1 else before
        last = self._convolution(last, inner, inner, 3, stride=stride, groups=inner)
        last = self._convolution(last, inner, width, 1, active=False)
        return self._node("Add", [before, last]) if stride == 1 and channels == width else last

    def _convolution(
        self,
        before: str,
        channels: int,
        width: int,
        size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        active: bool = True,
    ) -> str:
        """Convolution and batch normalisation, as training frameworks export them, and ReLU6."""
        weight = self._weight((width, channels // groups, size, size), channels // groups * size * size)
        pad = size // 2
        last = self._node(
            "Conv", [before, weight], pads=[pad] * 4, strides=[stride] * 2, group=groups, kernel_shape=[size] * 2
        )
        scale, bias, mean, variance = (self._constant(value, width) for value in (1.0, 0.0, 0.0, 1.0))
        last = self._node("BatchNormalization", [last, scale, bias, mean, variance])
        return self._node("Clip", [last, self._constant(0.0), self._constant(6.0)]) if active else last

    def _node(self, kind: str, inputs: list[str], *, out: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = out or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _weight(self, shape: tuple[int, ...], fan_in: int) -> str:
        return self._initializer(self._dice.normal(0, (2 / fan_in) ** 0.5, shape).astype(np.float32))

    def _constant(self, value: float, width: int = 0) -> str:
        return self._initializer(np.full(width, value, np.float32) if width else np.asarray(value, np.float32))

    def _initializer(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(value, name))
        return name
