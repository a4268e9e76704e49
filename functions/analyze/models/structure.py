"""What an ONNX file is made of, read without running anything of it.

Only the fields that matter here are declared; google.protobuf skips the rest (onnx/onnx.proto3, ONNX IR version 13).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

MAX_TENSOR: Final = 256 * 2**20  # bytes that one declared tensor may come to
MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 16  # graphs within graphs
STANDARD: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})  # domains whose operators are the runtime's
_EXTERNAL: Final = 1

# message → field → (number, type, repeated); a type is a scalar of descriptor.proto or the name of a message.
_FIELDS: Final[dict[str, dict[str, tuple[int, str, bool]]]] = {
    "Entry": {"key": (1, "bytes", False)},
    "Tensor": {
        "dims": (1, "int64", True),
        "name": (8, "bytes", False),
        "external_data": (13, "Entry", True),
        "data_location": (14, "int32", False),
    },
    "SparseTensor": {"values": (1, "Tensor", False), "indices": (2, "Tensor", False), "dims": (3, "int64", True)},
    "Attribute": {
        "t": (5, "Tensor", False),
        "g": (6, "Graph", False),
        "tensors": (10, "Tensor", True),
        "graphs": (11, "Graph", True),
        "sparse_tensor": (22, "SparseTensor", False),
        "sparse_tensors": (23, "SparseTensor", True),
    },
    "Node": {"op_type": (4, "bytes", False), "attribute": (5, "Attribute", True), "domain": (7, "bytes", False)},
    "Graph": {"node": (1, "Node", True), "initializer": (5, "Tensor", True), "sparse": (15, "SparseTensor", True)},
    "OperatorSet": {"domain": (1, "bytes", False), "version": (2, "int64", False)},
    "Function": {"node": (7, "Node", True), "attribute_proto": (11, "Attribute", True), "domain": (10, "bytes", False)},
    "Model": {
        "ir_version": (1, "int64", False),
        "graph": (7, "Graph", False),
        "opset_import": (8, "OperatorSet", True),
        "functions": (25, "Function", True),
    },
}


class BadModel(Exception):
    """The file is no model that may be loaded; the text says why, for whoever runs it."""


def check(data: bytes) -> None:
    """Raises BadModel for a file that is no ONNX model, or has what no model of Loupe may have.

    That is: weights in other files (they would be read from this machine's disk), operators that are not the
    runtime's own, tensors whose declared size no model needs, and more nodes or deeper nesting than one has.
    """
    from google.protobuf.message import DecodeError

    model = _model_type()()
    try:
        model.ParseFromString(data)
    except (DecodeError, RuntimeError, ValueError) as error:
        raise BadModel(f"the file is not an ONNX model: {error}") from error
    if not model.ir_version or not model.opset_import or not model.graph.node:
        raise BadModel("the file is not an ONNX model: it has no IR version, no operator set or no nodes")
    own = {function.domain for function in model.functions}  # functions of the model itself are looked into
    budget = _Budget(frozenset({name.encode() for name in STANDARD}) | own)
    budget.graph(model.graph, 0)
    for function in model.functions:
        budget.attributes(function.attribute_proto, 0)
        budget.nodes(function.node, 0)


class _Budget:
    """What has been seen so far, over all graphs."""

    def __init__(self, domains: frozenset[bytes]) -> None:
        self._domains = domains
        self._nodes = 0

    def graph(self, graph: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise BadModel(f"its graphs are nested more than {MAX_DEPTH} deep")
        _check_tensors(graph.initializer)
        _check_sparse(graph.sparse)
        self.nodes(graph.node, depth)

    def nodes(self, nodes: Iterable[Any], depth: int) -> None:
        for node in nodes:
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise BadModel(f"it has more than {MAX_NODES} nodes")
            if node.domain not in self._domains:
                raise BadModel(f"it needs {_shown(node.op_type)} of {_shown(node.domain)}, which is no ONNX operator")
            self.attributes(node.attribute, depth)

    def attributes(self, attributes: Iterable[Any], depth: int) -> None:
        for attribute in attributes:
            if not attribute.ListFields():  # a plain number or text, as nearly all are
                continue
            _check_tensors(_some(attribute, "t", attribute.tensors))
            _check_sparse(_some(attribute, "sparse_tensor", attribute.sparse_tensors))
            for graph in _some(attribute, "g", attribute.graphs):
                self.graph(graph, depth + 1)


def _some(attribute: Any, one: str, many: Iterable[Any]) -> Iterator[Any]:
    if attribute.HasField(one):
        yield getattr(attribute, one)
    yield from many


def _check_sparse(tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        _check_size(tensor.dims, b"a sparse tensor")
        _check_tensors((tensor.values, tensor.indices))


def _check_tensors(tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        if tensor.external_data or tensor.data_location == _EXTERNAL:
            raise BadModel(f"the weights of {_shown(tensor.name)} are in another file: export the model as one file")
        _check_size(tensor.dims, tensor.name)


def _check_size(dims: Iterable[int], name: bytes) -> None:
    sizes = list(dims)
    if min(sizes, default=0) < 0:
        raise BadModel(f"the tensor {_shown(name)} has a negative size")
    if math.prod(sizes) > MAX_TENSOR:  # elements, of at least one byte each
        raise BadModel(f"the tensor {_shown(name)} is declared with {math.prod(sizes)} elements")


def _shown(name: bytes) -> str:
    return repr(name[:80].decode("utf-8", "replace"))


@functools.cache
def _model_type() -> Any:
    """The message class of a model, made of the table above."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = {"bytes": 12, "int32": 5, "int64": 3}  # FieldDescriptorProto.Type
    file = descriptor_pb2.FileDescriptorProto(name="loupe/onnx.proto", package="loupe.onnx", syntax="proto2")
    for message, fields in _FIELDS.items():
        declared = file.message_type.add(name=message)
        for name, (number, kind, repeated) in fields.items():
            field = declared.field.add(name=name, number=number, label=3 if repeated else 1, type=kinds.get(kind, 11))
            if kind not in kinds:
                field.type_name = f".loupe.onnx.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("loupe.onnx.Model"))
